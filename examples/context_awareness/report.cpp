#include "findings.hpp"

#include <algorithm>

namespace context_awareness {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Score& score) {
  return {{"recall", score.recall}, {"exact", score.exact}, {"fact_recall", score.fact_recall}};
}

Json json_of(const FormScores& scores) {
  return {{"needle", json_of(scores.needle)},
          {"memory", json_of(scores.memory)},
          {"agreeing", json_of(scores.agreeing)},
          {"needle_by_depth", scores.needle_by_depth}};
}

Json json_of(const ModelScores& scores) {
  return {{"raw", json_of(scores.raw)},
          {"template", json_of(scores.roles)},
          {"indicator", json_of(scores.indicator)}};
}

Json json_of(const Allocations& allocations) {
  Json layers = Json::array();
  for (const auto& layer : allocations) {
    layers.push_back(Json::array());
    for (const Allocation& head : layer)
      layers.back().push_back({{"begin", head.begin},
                               {"context", head.context},
                               {"question", head.question},
                               {"roles", head.roles},
                               {"user_of_text", head.user_of_text}});
  }
  return layers;
}

Json json_of(const Steered& steered) {
  return {{"alpha", steered.alpha},
          {"needle", json_of(steered.needle)},
          {"memory", json_of(steered.memory)}};
}

Json json_of(const SteeredHead& steered) {
  return {{"layer", steered.layer},
          {"head", steered.head},
          {"needle", json_of(steered.result.needle)},
          {"memory", json_of(steered.result.memory)}};
}

Json json_of(const Threshold& threshold) {
  return {{"beta", threshold.beta},
          {"marked", threshold.marked.share},
          {"precision", threshold.marked.precision},
          {"found", threshold.marked.found},
          {"scores", json_of(threshold.scores)}};
}

// The paper's measure of the shift: the head that gives the user's part most without the template,
// and what it gives it in both forms, the template's own tokens left out.
Json retrieval_json(const Findings& findings) {
  const std::size_t head = retrieval_head(findings.raw.back());
  return {{"head", head},
          {"raw", findings.raw.back()[head].user_of_text},
          {"template", findings.roles.back()[head].user_of_text}};
}

Json steering_json(const Findings& findings) {
  Json over_alphas = Json::array(), heads = Json::array(), layers = Json::array();
  for (const Steered& one : findings.steering) over_alphas.push_back(json_of(one));
  for (const SteeredHead& one : findings.heads) heads.push_back(json_of(one));
  for (const Steered& one : findings.layers)
    layers.push_back({{"layer", layers.size()},
                      {"needle", json_of(one.needle)},
                      {"memory", json_of(one.memory)}});
  return {{"chosen", json_of(findings.chosen)},
          {"over_alphas", over_alphas},
          {"heads", heads},
          {"best_head", json_of(findings.heads[findings.best_head])},
          {"by_layer", layers}};
}

// Areas under the curve against each sort that occurs.
Json areas_json(const Separation& separation, const ScoresBySort& scores) {
  Json areas;
  for (std::size_t sort = 1; sort < sorts; ++sort)
    if (!scores.of[sort].empty()) areas[sort_names[sort]] = separation.by_sort[sort];
  return areas;
}

Json dependency_json(const Findings& findings) {
  Json means;
  for (std::size_t sort = 0; sort < sorts; ++sort)
    if (const auto& scores = findings.dependency.of[sort]; !scores.empty()) {
      double sum = 0;
      for (const double score : scores) sum += score;
      means[sort_names[sort]] = sum / static_cast<double>(scores.size());
    }
  return {{"auc", findings.separation.area},
          {"auc_against", areas_json(findings.separation, findings.dependency)},
          {"auc_user_span", findings.separation_by_user.area},
          {"auc_user_span_against",
           areas_json(findings.separation_by_user, findings.dependency)},
          {"auc_in_tuning", findings.separation_in_tuning.area},
          {"mean", means}};
}

Json json_of(const RecallMap& map) {
  return {{"lengths", map.lengths}, {"recall", map.recall}};
}

}  // namespace

nlohmann::ordered_json to_json(const Findings& findings) {
  Json methods;
  for (const Method& method : methods_of(findings))
    methods[method.name] = {{"recall", method.recall}, {"memory", method.memory}};
  Json thresholds = Json::array();
  for (const Threshold& one : findings.thresholds) thresholds.push_back(json_of(one));
  return {{"base", json_of(findings.base)},
          {"vanilla", json_of(findings.vanilla)},
          {"conditional", json_of(findings.calibrated)},
          {"other_thresholds", thresholds},
          {"oracle", json_of(findings.oracle)},
          {"enriched", json_of(findings.enriched)},
          {"control", json_of(findings.control)},
          {"retrieval_head", retrieval_json(findings)},
          {"steering", steering_json(findings)},
          {"dependency", dependency_json(findings)},
          {"methods", methods}};
}

nlohmann::ordered_json figures_of(const Findings& findings) {
  Json scores, in_tuning{{"lack", findings.in_tuning.edges}};
  for (std::size_t sort = 0; sort < sorts; ++sort) {
    scores[sort_names[sort]] = findings.dependency.of[sort];
    in_tuning[sort_names[sort]] = findings.in_tuning.counts[sort];
  }
  Json figures{{"attention",
                {{"raw", json_of(findings.raw)}, {"template", json_of(findings.roles)}}},
               {"scores", scores},
               {"scores_in_tuning", in_tuning}};
  if (!findings.map_raw.lengths.empty())
    figures["map"] = {{"raw", json_of(findings.map_raw)},
                      {"template", json_of(findings.map_roles)},
                      {"indicator", json_of(findings.map_indicator)}};
  return figures;
}

}  // namespace context_awareness
