#include "experiment.hpp"

#include "../experiment/configuration.hpp"
#include "../experiment/environment.hpp"
#include "../experiment/stopwatch.hpp"

#include <weft/core/parallel.hpp>

#include <algorithm>
#include <cstdio>

namespace context_awareness {

namespace {

using Json = nlohmann::ordered_json;

Json configuration_of(const Preset& preset, const Scenario& scenario, const Choices& choices,
                      std::uint64_t seed, int threads) {
  const experiment::Learner learner = preset.make_learner(weft::Random(seed), threads);
  const TaskSize& task = preset.task;
  Json training = experiment::optimizer_of(learner.lanes, optimizer_of(pretraining_rate));
  training["batch"] = preset.batch;
  training["pretraining_steps"] = preset.pretraining_steps;
  training["short_steps"] = preset.short_steps;
  training["growth_steps"] = preset.growth_steps;
  training["pretraining_rate"] = pretraining_rate;
  training["pretraining_warmup"] = pretraining_warmup;
  training["tuning_steps"] = preset.tuning_steps;
  training["tuning_rate"] = tuning_rate;
  training["replay"] = replay;
  training["dependent_share"] = dependent_share;
  training["contradicting_share"] = scenario.contradicting;
  const auto chosen = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json("auto");
  };
  return {{"example", "context_awareness"},
          {"preset", preset.name},
          {"scenario", scenario.name},
          {"seed", seed},
          {"keys", task.keys},
          {"values", task.values},
          {"fillers", task.fillers},
          {"shortest_context", task.shortest_context},
          {"longest_context", task.longest_context},
          {"vocabulary", task.vocabulary()},
          {"model", experiment::model_of(learner.config, learner.parameters)},
          {"training", training},
          {"check_context", preset.check_context},
          {"check_questions", preset.check_questions},
          {"choice_questions", preset.choice_questions},
          {"map_questions", preset.map_questions},
          {"alpha", chosen(choices.alpha)},
          {"beta", chosen(choices.beta)},
          {"environment", experiment::environment(threads)}};
}

}  // namespace

experiment::Checks run(const Preset& preset, const Scenario& scenario, const Choices& choices,
                       std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  directory.write_configuration(configuration_of(preset, scenario, choices, seed, threads));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const weft::Random random(seed);
  const Task task(preset.task, random.fork("task"));
  const Course course{preset, scenario, task, random, &log, directory.checkpoints()};
  const Findings findings = find(course, choices, threads, directory);

  experiment::Checks checks;
  add_checks(checks, findings);
  if (preset.checks_required && scenario.checks_required) checks.ask_of_mean();
  else checks.require_none();
  Json summary{{"example", "context_awareness"},
               {"preset", preset.name},
               {"scenario", scenario.name},
               {"seed", seed},
               {"threads", threads},
               {"instruction_set", weft::instruction_set}};
  summary.update(to_json(findings));
  summary["seconds"] = {{"training", findings.seconds_of_training},
                        {"total", stopwatch.seconds()}};
  summary["checks"] = experiment::to_json(checks);
  directory.write_json("figures.json", figures_of(findings));
  directory.write_summary(summary);

  std::printf("\nalpha %.2f, beta %.3f, which marks %.2f of the questions\n\n",
              findings.chosen.alpha, findings.calibrated.beta, findings.calibrated.marked.share);
  std::printf("%-30s %14s %14s\n", "way to ask", "needle recall", "memory");
  for (const Method& method : methods_of(findings))
    std::printf("%-30s %14.3f %14.3f\n", method.name.c_str(), method.recall, method.memory);
  return checks;
}

}  // namespace context_awareness
