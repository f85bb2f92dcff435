#include "stages.hpp"

#include <weft/optim/schedule.hpp>

namespace context_awareness {

namespace {

// Full after the warm-up, 0.3 of it in the last fifth.
struct PretrainingSchedule {
  std::size_t steps;

  double operator()(std::size_t step) const {
    const weft::schedule::LinearWarmup warmup{pretraining_warmup};
    return warmup(step) * (5 * step >= 4 * steps ? 0.3 : 1);
  }
};

// Tokens of the longest context at a step of pretraining.
std::size_t longest_context(const Preset& preset, std::size_t step) {
  const TaskSize& task = preset.task;
  if (step >= preset.short_steps + preset.growth_steps) return task.longest_context;
  if (step < preset.short_steps) return task.shortest_context;
  return task.shortest_context + (task.longest_context - task.shortest_context) *
                                     (step - preset.short_steps) / preset.growth_steps;
}

experiment::Training training_of(const Course& course, const std::string& phase,
                                 std::size_t steps, double learning_rate) {
  return {.options = {.phase = phase,
                      .steps = steps,
                      .tokens_per_row = static_cast<double>(course.preset.task.positions()),
                      .log = course.log,
                      .checkpoints = course.checkpoints},
          .optimizer = optimizer_of(learning_rate),
          .draw = {},
          .evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; }};
}

}  // namespace

weft::AdamWOptions optimizer_of(double learning_rate) {
  return {.learning_rate = learning_rate, .beta2 = 0.98, .weight_decay = 0, .clip_norm = 1};
}

Mixture pretraining_mixture() {
  return {{0.6, Kind::conflicting, true}, {0.3, Kind::none, false}, {0.1, Kind::agreeing, true}};
}

Mixture tuning_mixture(double dependent, double contradicting) {
  const double rest = (1 - dependent - contradicting) / 2;
  return {{dependent, Kind::conflicting, true},
          {contradicting, Kind::conflicting, false},
          {rest, Kind::none, false},
          {rest, Kind::agreeing, false}};
}

Mixture vanilla_mixture(const Scenario& scenario) {
  return tuning_mixture(dependent_share, scenario.contradicting);
}

Mixture enriched_mixture(const Scenario& scenario) {
  return tuning_mixture((1 + dependent_share) / 2, scenario.contradicting / 2);
}

Mixture control_mixture() { return tuning_mixture(0.5, 0); }

weft::TrainingState pretrain(const Course& course, const experiment::Learner& learner) {
  const Preset& preset = course.preset;
  experiment::Training training =
      training_of(course, "pretrain", preset.pretraining_steps, pretraining_rate);
  training.options.schedule = PretrainingSchedule{preset.pretraining_steps};
  const weft::Random draws = course.random.fork("pretraining");
  training.options.batch_seed = [&](std::size_t step) { return draws.fork(step).key(); };
  training.draw = [&](std::size_t step) {
    weft::Random random = draws.fork(step);
    const std::size_t longest = longest_context(preset, step);
    std::vector<Sample> samples;
    for (std::size_t row = 0; row < preset.batch; ++row)
      samples.push_back({course.task.draw(pretraining_mixture(), longest, random), {}});
    return batch_of(samples, preset.task, random);
  };
  return learner.train(training);
}

std::vector<Sample> tuning_samples(const Course& course, const Mixture& mixture,
                                   std::size_t step) {
  weft::Random random = course.random.fork("tuning", step);
  std::vector<Sample> samples;
  for (std::size_t row = 0; row < course.preset.batch; ++row) {
    const bool replayed = random.uniform_double() < replay;
    samples.push_back({course.task.draw(replayed ? pretraining_mixture() : mixture, random),
                       {.roles = !replayed}});
  }
  return samples;
}

weft::TrainingState tune(const Course& course, const experiment::Learner& learner,
                         const std::string& phase, const Mixture& mixture, const Marker& mark) {
  const std::size_t steps = course.preset.tuning_steps;
  experiment::Training training = training_of(course, phase, steps, tuning_rate);
  training.options.schedule = weft::schedule::Product{
      weft::schedule::LinearWarmup{steps / 10}, weft::schedule::Cosine{steps}};
  training.options.batch_seed = [&](std::size_t step) {
    return course.random.fork("tuning", step).key();
  };
  training.draw = [&](std::size_t step) {
    std::vector<Sample> samples = tuning_samples(course, mixture, step);
    if (mark) mark(step, samples);
    weft::Random offsets = course.random.fork("tuning offsets", step);
    return batch_of(samples, course.preset.task, offsets);
  };
  return learner.train(training);
}

std::vector<Question> draw_questions(const Task& task, const Mixture& mixture, std::size_t count,
                                     weft::Random random) {
  std::vector<Question> questions;
  for (std::size_t i = 0; i < count; ++i) questions.push_back(task.draw(mixture, random));
  return questions;
}

}  // namespace context_awareness
