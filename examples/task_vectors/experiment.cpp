#include "experiment.hpp"

#include "bitwise.hpp"
#include "finetune.hpp"
#include "regression.hpp"

#include "../experiment/configuration.hpp"
#include "../experiment/environment.hpp"
#include "../experiment/stopwatch.hpp"

#include <weft/core/parallel.hpp>

#include <algorithm>
#include <cstdio>

namespace task_vectors {

namespace {

using Json = nlohmann::ordered_json;

Json configuration_of(const Preset& preset, const Choice& choice, std::uint64_t seed,
                      int threads) {
  const experiment::Learner learner = preset.make_learner(weft::Random(seed), threads);
  Json training = experiment::optimizer_of(learner.lanes, optimizer_of(preset));
  training["batch"] = preset.batch;
  training["learning_rate"] = preset.learning_rate;
  training["warmup_steps"] = warmup_steps;
  training["evaluate_every"] = preset.evaluate_every;
  Json config{{"example", "task_vectors"},
              {"preset", preset.name},
              {"seed", seed},
              {"bits", preset.size.bits},
              {"blocks", preset.size.blocks},
              {"null", preset.size.null},
              {"vocabulary", vocabulary},
              {"model", experiment::model_of(learner.config, learner.parameters)},
              {"training", training}};
  if (choice.bitwise)
    config["bitwise"] = {{"step_limit", preset.bitwise_steps},
                         {"goal_at_least", goal_accuracy},
                         {"goal_share_with_fewer", goal_share},
                         {"good_in_a_row", good_in_a_row},
                         {"monitor_prompts", preset.monitor_prompts}};
  if (choice.finetune)
    config["finetune"] = {{"pretraining_steps", preset.pretraining_steps},
                          {"pretraining_labels", pretraining_labels},
                          {"tuning_steps", preset.tuning_steps}};
  if (choice.regression) {
    const RegressionSettings& settings = regression_of(preset, choice);
    config["regression"] =
        configuration_of(settings, settings.make_learner(weft::Random(seed), threads));
  }
  config["prompts_per_task"] = preset.prompts_per_task;
  config["check_prompts"] = preset.check_prompts;
  config["neighbours"] = neighbours;
  config["environment"] = experiment::environment(threads);
  return config;
}

}  // namespace

Choice choice_of(const std::string& name) {
  const bool all = name == "all";
  return {.bitwise = all || name.empty() || name == "bitwise",
          .finetune = all || name.empty() || name == "finetune",
          .regression = all || name == "regression"};
}

const RegressionSettings& regression_of(const Preset& preset, const Choice& choice) {
  return *std::find_if(preset.regressions.begin(), preset.regressions.end(), [&](const auto& one) {
    return one.bases == choice.bases && (!choice.format || one.size.format == *choice.format);
  });
}

experiment::Checks run(const Preset& preset, const Choice& choice, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  directory.write_configuration(configuration_of(preset, choice, seed, threads));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const Run setting{preset, weft::Random(seed), threads, &log, directory.checkpoints()};

  experiment::Checks checks;
  Json figures = Json::object();
  Json summary{{"example", "task_vectors"},
               {"preset", preset.name},
               {"seed", seed},
               {"threads", threads},
               {"instruction_set", weft::instruction_set}};
  if (choice.bitwise) {
    const BitwiseFindings findings = run_bitwise(setting, directory);
    add_checks(checks, findings, preset);
    summary["bitwise"] = to_json(findings);
    figures["bitwise"] = figures_of(findings);
  }
  if (choice.finetune) {
    const FinetuneFindings findings = run_finetune(setting, directory);
    add_checks(checks, findings, preset);
    summary["finetune"] = to_json(findings);
    std::printf("\nWith the label in the prompt a model that was never trained has a decodability "
                "of %.2f:\nwith labels it says nothing about what a model has learnt.\n",
                FinetuneFindings::best(findings.untrained_prompted));
  }
  if (choice.regression) {
    const RegressionSettings& settings = regression_of(preset, choice);
    const RegressionFindings findings = run_regression(setting, settings, directory);
    add_checks(checks, findings, settings);
    summary["regression"] = to_json(findings);
    figures["regression"] = figures_of(findings);
  }
  if (!preset.checks_required) checks.require_none();
  directory.write_json("figures.json", figures);
  summary["seconds"] = stopwatch.seconds();
  summary["checks"] = experiment::to_json(checks);
  directory.write_summary(summary);
  return checks;
}

}  // namespace task_vectors
