#include "regression.hpp"

#include "../experiment/configuration.hpp"

#include <algorithm>
#include <cmath>

namespace task_vectors {

namespace {

using Json = nlohmann::ordered_json;

double smallest(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  return *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(begin),
                           values.begin() + static_cast<std::ptrdiff_t>(end));
}

Json json_of(const Errors& errors) {
  return {{"by_examples", errors.by_examples}, {"by_basis", errors.by_basis}};
}

Json json_of(const BasisPatching& patching) {
  return {{"errors", patching.errors},
          {"mean_rise_by_layer", patching.mean_rise()},
          {"self_changes_nothing", patching.self_changes_nothing}};
}

Json json_of(const HalvesDecodability& halves) {
  return {{"between", halves.between},
          {"within_first", halves.within_first},
          {"within_last", halves.within_last}};
}

Json curves_of(const std::vector<RegressionCheckpoint>& checkpoints) {
  Json curves = Json::array();
  for (const RegressionCheckpoint& checkpoint : checkpoints)
    curves.push_back({{"step", checkpoint.step},
                      {"score", checkpoint.score},
                      {"errors", json_of(checkpoint.errors)},
                      {"decodability", checkpoint.decodability.mean}});
  return curves;
}

}  // namespace

void add_checks(experiment::Checks& checks, const RegressionFindings& findings,
                const RegressionSettings& settings) {
  const RegressionSize& size = settings.size;
  const std::size_t layer = findings.best_layer;
  checks.at_least("bayes_order",
                  std::min(smallest(findings.mixture_over_oracle, 0, size.pairs),
                           smallest(findings.blind_over_mixture, 0, size.pairs)), -3);
  checks.at_least("bayes_order_gap", smallest(findings.blind_over_mixture, size.rank,
                                              std::min(size.dimensions, size.pairs)), 3);
  // Three standard errors of a share of so many sequences at chance.
  const double chance = 1 / static_cast<double>(size.bases);
  const auto sequences = static_cast<double>(size.bases * settings.sequences_per_basis);
  const double band = 3 * std::sqrt(chance * (1 - chance) / sequences);
  const bool is_one = findings.blind.empty();
  checks.within("regression_td_blind",
                blind_decodability(is_one ? findings.checkpoints : findings.blind, layer),
                chance - band, chance + band);
  // Below 0 a model may know some of the bases already, those that it was shown first.
  if (!is_one)
    checks.within("regression_td_some_bases", blind_decodability(findings.checkpoints, layer),
                  chance - band, chance + band);
  checks.show("regression_td_untrained",
              findings.checkpoints.front().decodability.mean[layer].front());
  checks.at_least("regression_td", findings.decodability.mean[layer].front(), 0.9);
  if (findings.halves) {
    checks.show("regression_td_between_halves", findings.halves->between[layer].front());
    checks.show("regression_td_within_first", findings.halves->within_first[layer].front());
    checks.show("regression_td_within_last", findings.halves->within_last[layer].front());
  }
  checks.at_least("regression_score", findings.score, 0.8);
  checks.at_most("regression_coupling_steps",
                 std::abs(static_cast<double>(findings.emergence.encoding_step) -
                          static_cast<double>(findings.emergence.decoding_step)),
                 2 * static_cast<double>(settings.evaluate_every));
  checks.within("regression_patch_self_identity",
                findings.patching.self_changes_nothing ? 1 : 0, 1, 1);
  checks.show("regression_patch_effect", findings.patching.mean_rise()[layer]);
  checks.do_not_require({"regression_td_some_bases", "regression_td", "regression_score",
                         "regression_coupling_steps"});
}

Json configuration_of(const RegressionSettings& settings, const RegressionLearner& learner) {
  const RegressionSize& size = settings.size;
  return {{"bases", settings.bases},
          {"format", size.format == Format::packed ? "packed" : "interleaved"},
          {"dimensions", size.dimensions},
          {"rank", size.rank},
          {"number_of_bases", size.bases},
          {"pairs", size.pairs},
          {"noise", noise},
          {"steps", settings.steps},
          {"batch", settings.batch},
          {"learning_rate", settings.learning_rate},
          {"decay_steps", settings.decay_steps},
          {"basis_steps", settings.basis_steps},
          {"blind_steps", settings.blind_steps},
          {"evaluate_every", settings.evaluate_every},
          {"curve_sequences", settings.curve_sequences},
          {"sequences_per_basis", settings.sequences_per_basis},
          {"check_sequences", settings.check_sequences},
          {"layers", learner.config.layers},
          {"heads", learner.config.heads},
          {"width", learner.config.width},
          {"parameters", learner.parameters},
          {"lanes", learner.lanes.lanes},
          {"microbatch", learner.lanes.microbatch}};
}

Json to_json(const RegressionFindings& findings) {
  Json summary{{"steps", findings.training.step},
               {"seconds", findings.seconds},
               {"training_seconds", findings.training.seconds},
               {"best_layer", findings.best_layer + 1},
               {"score", findings.score},
               {"errors", json_of(findings.errors)},
               {"oracle", json_of(findings.references.oracle)},
               {"mixture", json_of(findings.references.mixture)},
               {"blind", json_of(findings.references.blind)},
               {"standard_errors_mixture_over_oracle", findings.mixture_over_oracle},
               {"standard_errors_blind_over_mixture", findings.blind_over_mixture},
               {"decodability_by_layer_and_token", findings.decodability.mean},
               {"decodability_by_layer_and_basis", findings.decodability_by_basis},
               {"patching", json_of(findings.patching)},
               {"encoding_step", findings.emergence.encoding_step},
               {"decoding_step", findings.emergence.decoding_step}};
  if (findings.halves) summary["decodability_of_halves"] = json_of(*findings.halves);
  return summary;
}

Json figures_of(const RegressionFindings& findings) {
  // Untrained, half-way up, and at the end.
  const auto& all = findings.checkpoints;
  const auto middle = std::find_if(all.begin(), all.end(), [&](const auto& checkpoint) {
    return checkpoint.step >= findings.emergence.decoding_step;
  });
  Json moments = Json::array();
  for (const RegressionCheckpoint* moment : {&all.front(), &*middle, &all.back()})
    moments.push_back({{"step", moment->step},
                       {"points", moment->components[findings.best_layer]}});
  return {{"checkpoints", curves_of(findings.checkpoints)},
          {"blind", curves_of(findings.blind)},
          {"bases", findings.pictured_bases},
          {"moments", moments}};
}

}  // namespace task_vectors
