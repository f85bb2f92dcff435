#include "experiment.hpp"

#include "configuration.hpp"
#include "in_context.hpp"
#include "in_weights.hpp"

#include "../experiment/stopwatch.hpp"

#include <weft/core/parallel.hpp>

#include <cmath>

namespace context_vs_weights {

namespace {

using Json = nlohmann::ordered_json;

// The rule fraction of conflicting contexts that is farthest from one half.
double farthest_conflict(const ContextFindings& findings) {
  double farthest = 0.5;
  for (const auto* models : {&findings.few_shot, &findings.rule}) {
    const double rule = mean_answers(*models).conflicting.rule;
    if (std::abs(rule - 0.5) > std::abs(farthest - 0.5)) farthest = rule;
  }
  return farthest;
}

experiment::Checks checks_of(const InWeightsFindings& weights, const ContextFindings& contexts) {
  const ByContext few_shot = mean_answers(contexts.few_shot);
  const ByContext rule = mean_answers(contexts.rule);
  const ByContext control = mean_answers(contexts.control);
  const double e1 = weights.mean_rule(), e2 = few_shot.exemplar_balanced.rule;
  const double e3 = rule.exemplar_balanced.rule;
  experiment::Checks checks;
  checks.at_least("e1_rule_mean", e1, 0.75);
  checks.at_least("e1_rule_median", median_of(weights.rules(weights.exposed)), 0.95);
  checks.at_least("e1_ruleness", weights.ruleness(), 0.2);
  checks.at_least("e1_train_accuracy", weights.mean_accuracy(), 0.99);
  checks.at_least("e2_few_shot_accuracy", few_shot_accuracy(contexts.few_shot), 0.97);
  checks.within("e2_rule_exemplar_balanced", e2, 0.4, 0.62);
  checks.within("e2_rule_label_balanced", few_shot.label_balanced.rule, 0.45, 0.7);
  // Mean and three deviations over ten seeds; see README.md.
  checks.at_most("e2_other_label", few_shot.exemplar_balanced.other, 0.15);
  checks.at_least("e1_minus_e2", e1 - e2, 0.2);
  checks.at_least("e3_rule", e3, 0.8);
  checks.at_least("e3_minus_e2", e3 - e2, 0.25);
  checks.at_least("e3_few_shot_accuracy", few_shot_accuracy(contexts.rule), 0.97);
  checks.within("e3c_rule", control.exemplar_balanced.rule, 0.4, 0.62);
  checks.within("conflict_sanity", farthest_conflict(contexts), 0.42, 0.58);
  return checks;
}

Json maps_of(const InWeightsFindings& weights, const ContextFindings& contexts) {
  const auto mean_map = [](const auto& all) {
    std::vector<double> mean(map_side * map_side);
    for (const auto& one : all)
      for (std::size_t i = 0; i < mean.size(); ++i)
        mean[i] += one.map[i] / static_cast<double>(all.size());
    return mean;
  };
  return {{"side", map_side},
          {"in_weights", mean_map(weights.exposed)},
          {"in_context", mean_map(contexts.few_shot)},
          {"after_rule_training", mean_map(contexts.rule)},
          {"after_control_training", mean_map(contexts.control)}};
}

}  // namespace

experiment::Checks run(const Preset& preset, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  directory.write_configuration(configuration_of(preset, seed, threads));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const Run setting{preset, weft::Random(seed), threads, &log, directory.checkpoints()};

  const InWeightsFindings weights = run_in_weights(setting);
  const ContextFindings contexts = run_in_context(setting, directory);
  experiment::Checks checks = checks_of(weights, contexts);
  if (!preset.checks_required) checks.require_none();
  directory.write_json("figures.json", {{"maps", maps_of(weights, contexts)}});
  directory.write_summary({{"example", "context_vs_weights"},
                          {"preset", preset.name},
                          {"seed", seed},
                          {"threads", threads},
                          {"instruction_set", weft::instruction_set},
                          {"in_weights", to_json(weights)},
                          {"in_context", to_json(contexts)},
                          {"seconds", stopwatch.seconds()},
                          {"checks", experiment::to_json(checks)}});
  return checks;
}

}  // namespace context_vs_weights
