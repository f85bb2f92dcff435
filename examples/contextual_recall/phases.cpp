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

Texts finetuning_texts(const Course& course, Task task, weft::Random random) {
  const World& world = course.world;
  const std::size_t rows = course.preset.batch;
  const auto cue = [&](bool mixed) {
    return world.cue(rows, world.finetuned(), mixed, random.fork("cue"));
  };
  const auto name = [&] { return world.name(rows, world.finetuned(), random.fork("name")); };
  switch (task) {
    case Task::cue: return cue(false);
    case Task::mixed_type_cue: return cue(true);
    case Task::name: return name();
    case Task::cue_and_name: return random.uniform() < 0.5f ? cue(false) : name();
    case Task::direct: break;
  }
  return world.recall(rows, world.finetuned(), world.finetuned(), world.size().tuples - 1,
                      random.fork("direct"));
}

// Of the task or, by chance, of replay.
Batch finetuning_batch(const Course& course, Task task, weft::Random random) {
  if (random.uniform_double() < course.recipe.replay)
    return pretraining_batch(course, random.fork("replay"));
  return batch_of(finetuning_texts(course, task, random), LossAt::last_position);
}

Measures monitored(const Course& course, const Learner& learner) {
  return measure(learner, course.world, course.preset.monitor_rows, course.monitor_draws);
}

weft::Evaluation evaluation(const Measures& measures, bool is_good) {
  weft::Evaluation result{{}, is_good};
  for (const auto& [name, value] : named(measures)) result.metrics.emplace_back(name, value);
  return result;
}

auto evaluation_of(const Course& course, const Learner& learner, std::optional<Goal> goal) {
  return [&course, &learner, goal](const weft::TrainingState&) {
    const Measures measures = monitored(course, learner);
    return evaluation(measures, goal && measures.*goal->measure >= goal->least);
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

Training finetuning_of(const Course& course, const Learner& learner, const char* phase, Task task,
                       PhaseLength length, std::optional<Goal> goal) {
  return {.options = options_of(course, phase, length),
          .optimizer = optimizer_with(course.recipe.finetuning_rate),
          .draw = batches_of(course, phase,
                             [&course, task](const weft::Random& random) {
                               return finetuning_batch(course, task, random);
                             }),
          .evaluate = evaluation_of(course, learner, goal)};
}

// Evaluates at the end only.
void train_control(const Learner& learner, Training training) {
  training.options.evaluate_every = 0;
  learner.train(training);
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

Finetuning finetune(const Course& course, const Learner& learner) {
  const auto observe = [&](std::size_t step) {
    return observe_moment(learner, course.world, step, course.monitor_draws.fork("moments"));
  };
  MomentNotes notes{{observe(0)}};
  Training training = finetuning_of(course, learner, "finetune", course.recipe.task,
                                    course.preset.finetuning, {});
  training.options.evaluate_every = observe_every;
  training.options.good_in_a_row = 1;
  training.options.save_notes = [&] { return bytes_of(notes); };
  training.options.load_notes = [&](std::string_view bytes) { notes = notes_of(bytes); };
  training.evaluate = [&](const weft::TrainingState& state) {
    const Measures measures = monitored(course, learner);
    const Moment moment = observe(state.step);
    notes.moments.push_back(moment);
    const bool is_judged = state.step % evaluate_every == 0;
    if (is_judged) notes.good = measures.cue >= cue_goal ? notes.good + 1 : 0;
    weft::Evaluation found = evaluation(measures, is_judged && notes.good >= good_in_a_row);
    found.metrics.emplace_back("recall", moment.recall);
    found.metrics.emplace_back("first_latent", moment.first_latent);
    found.metrics.emplace_back("last_latent", moment.last_latent);
    return found;
  };
  const weft::TrainingState state = learner.train(training);
  return {state, notes.moments};
}

weft::TrainingState finetune_first_attention(const Course& course, const Learner& learner) {
  Training training =
      finetuning_of(course, learner, "finetune the first attention", course.recipe.task,
                    course.preset.finetuning, Goal{&Measures::cue, cue_goal});
  training.optimizer.learning_rate *= first_attention_factor;
  training.frozen = [](std::string_view path) { return !path.starts_with("blocks.0.attn."); };
  return learner.train(training);
}

void finetune_in_full(const Course& course, const Learner& learner) {
  const std::size_t steps = course.preset.finetuning.schedule;
  learner.train(
      finetuning_of(course, learner, "finetune", course.recipe.task, {steps, steps}, {}));
}

void pretrain_more(const Course& course, const Learner& learner, std::size_t steps) {
  train_control(learner, storing_facts(course, learner, "control: more pretraining",
                                       course.recipe.finetuning_rate,
                                       {course.preset.finetuning.schedule, steps}, {}));
}

void finetune_on_mixed_types(const Course& course, const Learner& learner, std::size_t steps) {
  train_control(learner, finetuning_of(course, learner, "control: mixed-type cue",
                                       Task::mixed_type_cue,
                                       {course.preset.finetuning.schedule, steps}, {}));
}

}  // namespace contextual_recall
