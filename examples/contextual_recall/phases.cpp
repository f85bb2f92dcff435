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

constexpr Goal facts_are_stored{&Measures::fact_of_all, fact_goal};
constexpr Goal cue_is_learnt{&Measures::cue, cue_goal};

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

// What the model can do, and whether that reaches the goal. Where none is set the measures are
// watched only, and less exact.
weft::Evaluation evaluate(const Course& course, const Learner& learner, std::optional<Goal> goal) {
  const Preset& preset = course.preset;
  const Measures measures =
      measure(learner, course.world, goal ? preset.monitor_rows : preset.watched_rows,
              course.monitor_draws);
  weft::Evaluation result;
  for (const auto& [name, value] : named(measures)) result.metrics.emplace_back(name, value);
  if (goal) result.is_good = measures.*goal->measure >= goal->least;
  return result;
}

// Watches every evaluation, and judges none.
auto watching(const Course& course, const Learner& learner) {
  return [&course, &learner](const weft::TrainingState&) { return evaluate(course, learner, {}); };
}

// Judges the evaluations of which is_judged(step) is true by the goal, and only watches the others.
template <class IsJudged>
auto judging(const Course& course, const Learner& learner, Goal goal, IsJudged is_judged) {
  return [&course, &learner, goal, is_judged](const weft::TrainingState& state) {
    return evaluate(course, learner, is_judged(state.step) ? std::optional(goal) : std::nullopt);
  };
}

Training storing_facts(const Course& course, const Learner& learner, const char* phase,
                       double learning_rate, PhaseLength length) {
  return {.options = options_of(course, phase, length),
          .optimizer = optimizer_with(learning_rate),
          .draw = batches_of(course, phase,
                             [&course](const weft::Random& random) {
                               return pretraining_batch(course, random);
                             }),
          .evaluate = watching(course, learner)};
}

Training finetuning_of(const Course& course, const Learner& learner, const char* phase, Task task,
                       PhaseLength length) {
  return {.options = options_of(course, phase, length),
          .optimizer = optimizer_with(course.recipe.finetuning_rate),
          .draw = batches_of(course, phase,
                             [&course, task](const weft::Random& random) {
                               return finetuning_batch(course, task, random);
                             }),
          .evaluate = watching(course, learner)};
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
  Training training = storing_facts(course, learner, "pretrain", pretraining_rate, length);
  training.options.may_stop_at = length.schedule;
  const auto is_judged = [length](std::size_t step) {
    return step + (good_in_a_row - 1) * evaluate_every >= length.schedule;
  };
  training.evaluate = judging(course, learner, facts_are_stored, is_judged);
  return training;
}

weft::TrainingState pretrain(const Course& course, const Learner& learner) {
  return learner.train(pretraining_of(course, learner));
}

Finetuning finetune(const Course& course, const Learner& learner) {
  const auto observe = [&](std::size_t step) {
    return observe_moment(learner, course.world, step, course.monitor_draws.fork("moments"));
  };
  std::vector<Moment> moments{observe(0)};
  Training training = finetuning_of(course, learner, "finetune", course.recipe.task,
                                    course.preset.finetuning);
  training.options.evaluate_every = observe_every;
  training.options.save_notes = [&] { return notes_of(moments); };
  training.options.load_notes = [&](std::string_view notes) { moments = moments_of(notes); };
  const auto is_judged = [](std::size_t step) { return step % evaluate_every == 0; };
  const auto evaluation = judging(course, learner, cue_is_learnt, is_judged);
  training.evaluate = [&](const weft::TrainingState& state) {
    weft::Evaluation found = evaluation(state);
    const Moment moment = observe(state.step);
    moments.push_back(moment);
    found.metrics.emplace_back("recall", moment.recall);
    found.metrics.emplace_back("first_latent", moment.first_latent);
    found.metrics.emplace_back("last_latent", moment.last_latent);
    return found;
  };
  const weft::TrainingState state = learner.train(training);
  return {state, moments};
}

weft::TrainingState finetune_first_attention(const Course& course, const Learner& learner) {
  Training training =
      finetuning_of(course, learner, "finetune the first attention", course.recipe.task,
                    course.preset.finetuning);
  training.optimizer.learning_rate *= first_attention_factor;
  training.frozen = [](std::string_view path) { return !path.starts_with("blocks.0.attn."); };
  training.evaluate =
      judging(course, learner, cue_is_learnt, [](std::size_t) { return true; });
  return learner.train(training);
}

void finetune_in_full(const Course& course, const Learner& learner) {
  const std::size_t steps = course.preset.finetuning.schedule;
  learner.train(
      finetuning_of(course, learner, "finetune", course.recipe.task, {steps, steps}));
}

void pretrain_more(const Course& course, const Learner& learner, std::size_t steps) {
  train_control(learner, storing_facts(course, learner, "control: more pretraining",
                                       course.recipe.finetuning_rate,
                                       {course.preset.finetuning.schedule, steps}));
}

void finetune_on_mixed_types(const Course& course, const Learner& learner, std::size_t steps) {
  train_control(learner, finetuning_of(course, learner, "control: mixed-type cue",
                                       Task::mixed_type_cue,
                                       {course.preset.finetuning.schedule, steps}));
}

}  // namespace contextual_recall
