#include "phases.hpp"

#include "measures.hpp"

#include <weft/optim/schedule.hpp>

#include <optional>

namespace contextual_recall {

namespace {

// A measure that ends a phase when it is at least so great.
struct Goal {
  double Measures::*measure;
  double least;
};

weft::TrainOptions options_of(const Course& course, const char* phase, PhaseLength length) {
  using namespace weft::schedule;
  return {.phase = phase,
          .steps = length.limit,
          .schedule = Product{LinearWarmup{warmup_steps}, Cosine{length.schedule, final_rate}},
          .evaluate_every = evaluate_every,
          .good_in_a_row = good_in_a_row,
          .tokens_per_row = static_cast<double>(course.world.size().positions()),
          .batch_seed = [draws = course.training_draws.fork(phase)](
                            std::size_t step) { return draws.fork(step).key(); },
          .log = course.log,
          .checkpoints = course.checkpoints};
}

// Batch after batch of a phase, each drawn from a stream of its own.
template <class Draw>
auto batches_of(const Course& course, const char* phase, Draw draw) {
  return [draw, draws = course.training_draws.fork(phase)](std::size_t step) {
    return draw(draws.fork(step));
  };
}

Batch pretraining_batch(const Course& course, const weft::Random& random) {
  const double neutral_rate = course.world.size().neutral_rate;
  return batch_of(course.world.pretraining(course.preset.batch, neutral_rate, random),
                  LossAt::every_position);
}

// Of cue prompts or, by chance, of replay.
Batch finetuning_batch(const Course& course, bool mixed, weft::Random random) {
  if (random.uniform_double() < course.recipe.replay)
    return pretraining_batch(course, random.fork("replay"));
  return batch_of(course.world.cue(course.preset.batch, course.world.finetuned(), mixed,
                                   random.fork("cue")),
                  LossAt::last_position);
}

auto evaluation_of(const Course& course, const Learner& learner, std::optional<Goal> goal) {
  return [&course, &learner, goal](const weft::TrainingState&) {
    const Measures measures =
        measure(learner, course.world, course.preset.monitor_rows, course.monitor_draws);
    weft::Evaluation result{{}, goal && measures.*goal->measure >= goal->least};
    for (const auto& [name, value] : named(measures)) result.metrics.emplace_back(name, value);
    return result;
  };
}

Training storing_facts(const Course& course, const Learner& learner, const char* phase,
                       double learning_rate, PhaseLength length, std::optional<Goal> goal) {
  return {.options = options_of(course, phase, length),
          .optimizer = optimizer_with(learning_rate),
          .draw = batches_of(course, phase,
                             [&course](const weft::Random& random) {
                               return pretraining_batch(course, random);
                             }),
          .evaluate = evaluation_of(course, learner, goal)};
}

Training finetuning_of(const Course& course, const Learner& learner, const char* phase, bool mixed,
                       PhaseLength length, std::optional<Goal> goal) {
  return {.options = options_of(course, phase, length),
          .optimizer = optimizer_with(course.recipe.finetuning_rate),
          .draw = batches_of(course, phase,
                             [&course, mixed](const weft::Random& random) {
                               return finetuning_batch(course, mixed, random);
                             }),
          .evaluate = evaluation_of(course, learner, goal)};
}

}  // namespace

weft::AdamWOptions optimizer_with(double learning_rate) {
  return {.learning_rate = learning_rate, .beta2 = 0.98, .weight_decay = 0, .clip_norm = 1};
}

PhaseLength Course::pretraining() const {
  return {preset.pretraining.schedule * recipe.pretraining_factor,
          preset.pretraining.limit * recipe.pretraining_factor};
}

Training pretraining_of(const Course& course, const Learner& learner) {
  const PhaseLength length = course.pretraining();
  Training training = storing_facts(course, learner, "pretrain", pretraining_rate, length,
                                    Goal{&Measures::fact_of_all, fact_goal});
  training.options.may_stop_at = length.schedule;
  return training;
}

weft::TrainingState pretrain(const Course& course, const Learner& learner) {
  return learner.train(pretraining_of(course, learner));
}

weft::TrainingState finetune(const Course& course, const Learner& learner) {
  return learner.train(finetuning_of(course, learner, "finetune", false, course.preset.finetuning,
                                     Goal{&Measures::cue, cue_goal}));
}

void pretrain_more(const Course& course, const Learner& learner, std::size_t steps) {
  learner.train(storing_facts(course, learner, "control: more pretraining",
                              course.recipe.finetuning_rate,
                              {course.preset.finetuning.schedule, steps}, {}));
}

void finetune_on_mixed_types(const Course& course, const Learner& learner, std::size_t steps) {
  learner.train(finetuning_of(course, learner, "control: mixed-type cue", true,
                              {course.preset.finetuning.schedule, steps}, {}));
}

}  // namespace contextual_recall
