#include "bitwise.hpp"

#include "report.hpp"

#include "../experiment/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace task_vectors {

namespace {

using Json = nlohmann::ordered_json;

// Three standard errors of the difference of two shares of so many prompts, at most.
double noise_of_rise(std::size_t prompts) {
  return 3 * std::sqrt(0.5 / static_cast<double>(prompts));
}

// A number of a jump, or none where there was no jump.
double where_jumped(const Jump& jump, double value) {
  return jump.step > 0 ? value : std::numeric_limits<double>::quiet_NaN();
}

// Not a number where a middle was not passed.
double coupling_steps(const Jump& jump) {
  if (!jump.encoding_step || !jump.decoding_step) return std::numeric_limits<double>::quiet_NaN();
  return std::abs(static_cast<double>(*jump.encoding_step) -
                  static_cast<double>(*jump.decoding_step));
}

Json json_of(const std::optional<std::size_t>& step) { return step ? Json(*step) : Json(); }

Json json_of(const Jump& jump) {
  return {{"step", jump.step},
          {"goal_step", jump.goal_step},
          {"plateau_accuracy", jump.plateau_accuracy},
          {"plateau_decodability", jump.plateau_decodability},
          {"encoding_step", json_of(jump.encoding_step)},
          {"decoding_step", json_of(jump.decoding_step)}};
}

Json json_of(const PatchingMatrix& matrix) {
  return {{"own", matrix.own},
          {"targets", matrix.targets},
          {"mean_loss_by_layer", matrix.mean_loss()},
          {"mean_gain_by_layer", matrix.mean_gain()},
          {"targets_unpatched", matrix.unpatched},
          {"mean_targets_unpatched", matrix.mean_unpatched()},
          {"self_changes_nothing", matrix.self_changes_nothing}};
}

}  // namespace

void add_checks(experiment::Checks& checks, const BitwiseFindings& findings,
                const Preset& preset) {
  const Jump& jump = findings.jump;
  const std::size_t layer = findings.best_layer;
  const double trained = findings.trained.mean[layer].back();
  checks.within("bitwise_plateau", where_jumped(jump, jump.plateau_accuracy), 0.2, 0.4);
  checks.at_least("bitwise_accuracy_" + std::to_string(preset.size.blocks - 1) + "shot",
                  findings.accuracy.by_shots.back(), 0.9);
  checks.at_most("bitwise_below_ceiling",
                 *std::max_element(findings.above_bayes.begin(), findings.above_bayes.end()), 3);
  checks.at_least("bitwise_shots_rise", experiment::smallest_rise(findings.accuracy.by_shots),
                  -noise_of_rise(preset.check_prompts));
  // From one example to the most: rises that are not just none of them a fall.
  checks.at_least("bitwise_shots_gain",
                  findings.accuracy.by_shots.back() - findings.accuracy.by_shots[1],
                  noise_of_rise(preset.check_prompts));
  checks.show("bitwise_td_untrained", findings.untrained.mean[layer].back());
  checks.show("bitwise_td_ones", findings.ones.back());
  checks.show("bitwise_td", trained);
  checks.at_least("bitwise_td_shots_rise", experiment::smallest_rise(findings.trained.mean[layer]),
                  -noise_of_rise(decodability_sets * preset.prompts_per_task *
                                 static_cast<std::size_t>(preset.size.operators())));
  checks.at_least("bitwise_td_gain", where_jumped(jump, trained - jump.plateau_decodability), 0.1);
  // On some seeds all that can be encoded is encoded before the jump.
  checks.do_not_require({"bitwise_td_gain"});
  checks.show("bitwise_coupling_steps", coupling_steps(jump));
  checks.within("patch_self_identity",
                findings.patch_equals.self_changes_nothing &&
                        findings.patch_answer.self_changes_nothing ? 1 : 0, 1, 1);
  checks.show("patch_cross_effect", findings.patch_answer.mean_loss()[layer]);
  if (preset.size.null) {
    checks.show("null_accuracy", findings.accuracy.by_task[op_null].back());
    checks.show("null_td", findings.trained.by_task[layer].back()[op_null]);
  }
  checks.show("patch_cross_gain", findings.patch_answer.mean_gain()[layer]);
  checks.show("patch_cross_unpatched", findings.patch_answer.mean_unpatched());
  checks.show("relation_tasks_r2", findings.over_tasks.r_squared.estimate);
  checks.show("relation_steps_r2", findings.over_checkpoints.r_squared.estimate);
}

Json to_json(const BitwiseFindings& findings) {
  return {{"steps", findings.training.step},
          {"stopped_at_goal", findings.training.is_stopped},
          {"seconds", findings.seconds},
          {"training_seconds", findings.training.seconds},
          {"best_layer", findings.best_layer + 1},
          {"jump", json_of(findings.jump)},
          {"accuracy", json_of(findings.accuracy)},
          {"bayes", json_of(findings.bayes)},
          {"standard_errors_above_bayes", findings.above_bayes},
          {"decodability_untrained", json_of(findings.untrained)},
          {"decodability", json_of(findings.trained)},
          {"decodability_of_ones", findings.ones},
          {"patch_at_equals", json_of(findings.patch_equals)},
          {"patch_at_answer", json_of(findings.patch_answer)},
          {"relation_over_tasks", json_of(findings.over_tasks)},
          {"relation_over_checkpoints", json_of(findings.over_checkpoints)}};
}

Json figures_of(const BitwiseFindings& findings) {
  Json checkpoints = Json::array();
  for (const Checkpoint& checkpoint : findings.checkpoints)
    checkpoints.push_back({{"step", checkpoint.step},
                           {"accuracy", checkpoint.accuracy},
                           {"decodability", checkpoint.decodability.mean}});
  // Untrained, on the plateau, and at the end.
  const auto& all = findings.checkpoints;
  std::size_t plateau = 0;
  while (plateau + 1 < all.size() && all[plateau + 1].step + 100 <= findings.jump.step) ++plateau;
  Json moments = Json::array();
  for (const std::size_t moment : {std::size_t{0}, plateau, all.size() - 1})
    moments.push_back({{"step", all[moment].step},
                       {"points", all[moment].picture.points[findings.best_layer]}});
  return {{"checkpoints", checkpoints},
          {"operators", findings.pictured_operators},
          {"moments", moments}};
}

}  // namespace task_vectors
