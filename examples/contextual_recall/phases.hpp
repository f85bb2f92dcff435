#pragma once

#include "moments.hpp"
#include "settings.hpp"

// The training a run consists of.

namespace contextual_recall {

inline constexpr double pretraining_rate = 2e-3;  // peak learning rate
inline constexpr std::size_t warmup_steps = 100;
inline constexpr double final_rate = 0.1;    // of the peak learning rate
inline constexpr double first_attention_factor = 8;  // of finetuning's rate, alone
inline constexpr double fact_goal = 0.999;   // factual recall that ends pretraining
inline constexpr double cue_goal = 0.99;     // accuracy of the cue task that ends finetuning
inline constexpr std::size_t evaluate_every = 20;
inline constexpr std::size_t good_in_a_row = 2;  // evaluations that must reach the goal
inline constexpr std::size_t observe_every = 10;  // finetuning is seen more often than judged

// The optimiser of every phase.
weft::AdamWOptions optimizer_with(double learning_rate);

// What the phases of a run have in common.
struct Course {
  const Preset& preset;
  const Recipe& recipe;
  const World& world;
  weft::Random training_draws;
  weft::Random monitor_draws;  // of the evaluations that decide when a phase ends
  weft::MetricsLog* log = nullptr;           // null: none
  weft::Checkpoints* checkpoints = nullptr;  // null: none

  PhaseLength pretraining() const;
};

// The pretraining of a learner: its batches, optimiser, schedule and stop rule.
Training pretraining_of(const Course& course, const Learner& learner);

// Stores the facts. Ends with its schedule or, where the facts are not there yet, when they are.
weft::TrainingState pretrain(const Course& course, const Learner& learner);

struct Finetuning {
  weft::TrainingState state;
  std::vector<Moment> moments;  // before the first step, and every `observe_every`
};

// Teaches to infer a type by the recipe's task, on finetuned subjects, and replays pretraining as
// the recipe has it. Ends as soon as `cue` is learnt.
Finetuning finetune(const Course& course, const Learner& learner);

// The same with all parameters fixed but those of the first layer's attention, at eight times the
// learning rate: at the same one it takes five to ten times as many steps.
weft::TrainingState finetune_first_attention(const Course& course, const Learner& learner);

// As finetune(), but to the end of its schedule, whatever is learnt by then.
void finetune_in_full(const Course& course, const Learner& learner);

// What the finetuning is held against, each for as many steps as that took: pretraining that goes
// on at the finetuning's learning rate, and finetuning whose prompts show values of mixed types.
void pretrain_more(const Course& course, const Learner& learner, std::size_t steps);
void finetune_on_mixed_types(const Course& course, const Learner& learner, std::size_t steps);

}  // namespace contextual_recall
