#pragma once

#include "bitwise_task.hpp"
#include "regression_settings.hpp"

#include "../experiment/learner.hpp"

#include <string>
#include <vector>

// What a run can be asked for.

namespace task_vectors {

// A size of the experiments, and the model that was compiled for it.
struct Preset {
  std::string name;
  BitwiseSize size;
  std::size_t batch;               // prompts a step
  double learning_rate;
  std::size_t bitwise_steps;       // at most
  std::size_t pretraining_steps;   // of finetune
  std::size_t tuning_steps;        // of half the blocks
  std::size_t evaluate_every;      // steps
  std::size_t monitor_prompts;     // that decide when bitwise ends
  std::size_t prompts_per_task;    // that decodability is measured on
  std::size_t check_prompts;       // a key figure
  bool checks_required;
  experiment::Learner (*make_learner)(const weft::Random& random, int threads);
  std::vector<RegressionSettings> regressions;
};

// In the order they are offered.
const std::vector<Preset>& presets();

// Each is defined in preset_<name>.cpp.
Preset quick_preset();
Preset default_preset();
Preset paper_preset();

inline constexpr std::size_t warmup_steps = 200;
inline constexpr double goal_accuracy = 0.93;       // with the most examples; ends bitwise
inline constexpr double goal_share = 0.9;           // of the ideal observer's, with fewer
inline constexpr std::size_t good_in_a_row = 2;     // evaluations that must reach it
inline constexpr std::size_t decodability_sets = 3;  // of prompts, over which it is averaged
inline constexpr double pretraining_labels = 0.95;  // share of finetune's prompts with a label

}  // namespace task_vectors
