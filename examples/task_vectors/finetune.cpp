#include "finetune.hpp"

#include "report.hpp"

#include "../experiment/stopwatch.hpp"

#include <array>
#include <charconv>
#include <system_error>

namespace task_vectors {

namespace {

// The accuracy with each number of examples, each with a bootstrap interval over the prompts.
std::vector<experiment::Interval> intervals_of(const Hits& hits, const Prompts& prompts,
                                               const weft::Random& random) {
  const auto shots = static_cast<std::size_t>(prompts.size.blocks);
  std::vector<experiment::Interval> result;
  for (std::size_t s = 0; s < shots; ++s) {
    std::vector<double> values;
    for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
      values.push_back(hits[prompt * shots + s]);
    result.push_back(experiment::bootstrap_interval(values, random.fork(s), {.resamples = 1000}));
  }
  return result;
}

// Of decodability at its best layer with each number of examples, over the operators.
std::vector<experiment::Interval> intervals_over_operators(const Decodability& found,
                                                           const weft::Random& random) {
  std::vector<experiment::Interval> result;
  for (const std::vector<double>& by_task : found.by_task[found.best_layer()])
    result.push_back(experiment::bootstrap_interval(by_task, random.fork(result.size()),
                                                    {.resamples = 1000}));
  return result;
}

Prompts accuracy_prompts(const Run& run, double label_rate) {
  return draw_prompts(run.preset.size, run.preset.check_prompts, Operators::by_turns, label_rate,
                      run.random.fork("finetune checks").fork("accuracy"));
}

FinetuneCase examine(const Run& run, std::string name, const experiment::Learner& learner,
                     double label_rate) {
  const weft::Random draws = run.random.fork("finetune checks");
  const Prompts prompts = accuracy_prompts(run, label_rate);
  const Prompts grouped = decodability_prompts(run, label_rate, draws.fork("decodability"));
  const Hits hits = hits_of(learner.predict(prompts.rows()), prompts);
  Decodability found = decodability(states_of(learner, grouped), grouped, run.threads);
  std::vector<experiment::Interval> of_found =
      intervals_over_operators(found, draws.fork("operators"));
  return {std::move(name), hits, accuracy_of(hits, prompts),
          intervals_of(hits, prompts, draws.fork("intervals")), std::move(found),
          std::move(of_found)};
}

// Each operator with each number of examples, for a model at its best layer.
void append_points(std::vector<Point>& points, const FinetuneCase& one) {
  const std::size_t layer = one.decodability.best_layer();
  for (std::size_t task = 0; task < one.accuracy.by_task.size(); ++task)
    for (std::size_t s = 1; s < one.accuracy.by_shots.size(); ++s)
      points.push_back(
          {one.decodability.by_task[layer][s][task], one.accuracy.by_task[task][s], task});
}

std::vector<std::array<double, 2>> ends_of(const std::vector<experiment::Interval>& intervals) {
  std::vector<std::array<double, 2>> ends;
  for (const experiment::Interval& interval : intervals)
    ends.push_back({interval.low, interval.high});
  return ends;
}

}  // namespace

bool is_in_blocks(std::string_view path, std::size_t begin, std::size_t end) {
  constexpr std::string_view blocks = "blocks.";
  if (!path.starts_with(blocks)) return false;
  const char* const last = path.data() + path.size();
  std::size_t block = 0;
  const auto [after, error] = std::from_chars(path.data() + blocks.size(), last, block);
  return error == std::errc() && after != last && *after == '.' && block >= begin && block < end;
}

experiment::Learner tuned(const Run& run, const experiment::Learner& pretrained, const char* phase,
                          std::size_t begin, std::size_t end) {
  const experiment::Learner copy = pretrained.clone();
  experiment::Training training = training_of(run, phase, run.preset.tuning_steps, 0);
  training.frozen = [=](std::string_view path) { return !is_in_blocks(path, begin, end); };
  copy.train(training);
  return copy;
}

bool same_up_to_layer(const experiment::Learner& a, const experiment::Learner& b,
                      std::size_t layers, const Prompts& prompts, int threads) {
  const experiment::Activations of_a = states_of(a, prompts), of_b = states_of(b, prompts);
  const std::size_t layer_size = of_a.positions * of_a.width;
  for (std::size_t row = 0; row < of_a.rows; ++row) {
    const std::size_t begin = row * of_a.layers * layer_size;
    for (std::size_t i = begin; i < begin + layers * layer_size; ++i)
      if (of_a.residual[i] != of_b.residual[i]) return false;
  }
  const Decodability found_a = decodability(of_a, prompts, threads);
  const Decodability found_b = decodability(of_b, prompts, threads);
  for (std::size_t layer = 0; layer < layers; ++layer)
    if (found_a.by_task[layer] != found_b.by_task[layer]) return false;
  return true;
}

FinetuneFindings run_finetune(const Run& run, const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  const Preset& preset = run.preset;
  const experiment::Learner learner =
      preset.make_learner(run.random.fork("finetune weights"), run.threads);
  const std::size_t layers = learner.config.layers, half = layers / 2;
  FinetuneFindings findings{};
  findings.untrained_prompted = examine(run, "untrained", learner, 1).decodability;

  learner.train(
      training_of(run, "finetune: pretrain", preset.pretraining_steps, pretraining_labels));
  const experiment::Learner first = tuned(run, learner, "finetune: first half", 0, half);
  const experiment::Learner last = tuned(run, learner, "finetune: last half", half, layers);
  const std::string pretrained_file = directory.file("model_pretrained.safetensors");
  const std::string last_file = directory.file("model_last_half.safetensors");
  learner.save(pretrained_file);
  first.save(directory.file("model_first_half.safetensors"));
  last.save(last_file);

  findings.pretrained = examine(run, "pretrained", learner, 0);
  findings.first_half = examine(run, "first half tuned", first, 0);
  findings.last_half = examine(run, "last half tuned", last, 0);
  findings.prompted = examine(run, "pretrained, prompted", learner, 1);

  const Prompts prompts = accuracy_prompts(run, 0);
  findings.first_over_last =
      differences_in_errors(findings.first_half.hits, findings.last_half.hits, prompts);
  findings.last_over_untuned =
      differences_in_errors(findings.last_half.hits, findings.pretrained.hits, prompts);

  const experiment::Learner loaded = first.clone(), loaded_last = first.clone();
  loaded.load(pretrained_file);
  loaded_last.load(last_file);
  findings.frozen_decodability_is_exact = same_up_to_layer(
      loaded, loaded_last, half,
      decodability_prompts(run, 0, run.random.fork("finetune frozen")), run.threads);

  std::vector<Point> points;
  for (const FinetuneCase* one :
       {&findings.pretrained, &findings.first_half, &findings.last_half})
    append_points(points, *one);
  findings.over_tasks = fit_line(points, run.random.fork("finetune fit"));
  findings.seconds = stopwatch.seconds();
  return findings;
}

void add_checks(experiment::Checks& checks, const FinetuneFindings& findings,
                const Preset& preset) {
  const double untuned = findings.pretrained.accuracy_at_last();
  const double first = findings.first_half.accuracy_at_last();
  const double last = findings.last_half.accuracy_at_last();
  // The order holds where each is better by a prompt at least.
  checks.at_least("finetune_order", std::min(first - last, last - untuned),
                  0.5 / static_cast<double>(preset.check_prompts));
  // On the same prompts, so in standard errors of paired differences.
  checks.show("finetune_order_errors", std::min(findings.first_over_last.back(),
                                                findings.last_over_untuned.back()));
  checks.at_least("finetune_first_half_gain", first - untuned, 0.2);
  checks.within("finetune_td_frozen_exact", findings.frozen_decodability_is_exact ? 1 : 0, 1, 1);
  checks.show("finetune_td_untuned", FinetuneFindings::best(findings.pretrained.decodability));
  checks.show("finetune_td_first_half", FinetuneFindings::best(findings.first_half.decodability));
  checks.show("finetune_td_last_half", FinetuneFindings::best(findings.last_half.decodability));
  checks.show("prompting_accuracy", findings.prompted.accuracy_at_last());
  checks.show("prompting_td", FinetuneFindings::best(findings.prompted.decodability));
  checks.show("prompting_leak", FinetuneFindings::best(findings.untrained_prompted));
  checks.show("relation_finetune_r2", findings.over_tasks.r_squared.estimate);
}

nlohmann::ordered_json to_json(const FinetuneFindings& findings) {
  auto cases = nlohmann::ordered_json::array();
  for (const FinetuneCase* one : {&findings.pretrained, &findings.first_half, &findings.last_half,
                                  &findings.prompted}) {
    cases.push_back({{"name", one->name},
                     {"accuracy", json_of(one->accuracy)},
                     {"intervals_by_shots", ends_of(one->intervals)},
                     {"decodability", json_of(one->decodability)},
                     {"decodability_intervals", ends_of(one->decodability_intervals)}});
  }
  return {{"seconds", findings.seconds},
          {"cases", cases},
          {"standard_errors_first_over_last", findings.first_over_last},
          {"standard_errors_last_over_untuned", findings.last_over_untuned},
          {"untrained_prompted_decodability", json_of(findings.untrained_prompted)},
          {"frozen_decodability_is_exact", findings.frozen_decodability_is_exact},
          {"relation_over_tasks", json_of(findings.over_tasks)}};
}

}  // namespace task_vectors
