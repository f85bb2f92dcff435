#include "findings.hpp"

#include "../experiment/analysis.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xview.hpp>

#include <algorithm>

namespace contextual_recall {

namespace {

constexpr std::size_t most_points = 2048;  // more only cover each other

// The types and the subjects that prompts ask for.
struct Asked {
  experiment::Labels types, subjects;
};

Asked asked_by(const Texts& prompts) {
  Asked asked;
  for (const Prompt& prompt : prompts.prompts) {
    asked.types.push_back(prompt.type);
    asked.subjects.push_back(prompt.query);
  }
  return asked;
}

experiment::Matrix layer_of(const Activations& activations, std::size_t layer) {
  const auto all = xt::adapt(activations.residual,
                             std::array{activations.rows, activations.layers, activations.width});
  return xt::view(all, xt::all(), layer, xt::all());
}

void examine_latents(Findings& findings, const Asked& asked, const WorldSize& size) {
  LatentStatistics& latents = findings.latents;
  const std::size_t layers = findings.activations.layers;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const experiment::Matrix residual = layer_of(findings.activations, layer);
    latents.between.push_back(
        experiment::between_group_variance(residual, asked.types, size.types));
    latents.probe.push_back(
        experiment::nearest_centroid_accuracy(residual, asked.types, size.types));

    const experiment::Matrix apart =
        experiment::group_centred(residual, asked.subjects, size.subjects);
    const auto components = experiment::principal_components(apart);
    latents.share_of_first.push_back(
        components.share_of_first(static_cast<std::size_t>(size.types) - 1));
    latents.participation.push_back(components.participation_ratio());
    if (layer + 1 < layers) continue;
    const experiment::Matrix points = components.project(apart, 2);
    for (std::size_t i = 0; i < std::min(points.shape(0), most_points); ++i)
      findings.points.push_back({points(i, 0), points(i, 1), asked.types[i]});
  }
}

}  // namespace

Findings examine(const Learner& learner, const World& world, std::size_t rows,
                 const weft::Random& draws) {
  const int shots = world.size().tuples - 1;
  const auto recall = [&](std::size_t count, const char* key) {
    return world.recall(count, world.all(), world.all(), shots, draws.fork(key));
  };
  const Texts prompts = recall(2 * rows, "latents"), one = recall(1, "one");
  Findings findings{.measures = measure(learner, world, rows, draws),
                    .by_shots = accuracy_by_shots(learner, world, rows, draws),
                    .latents = {},
                    .points = {},
                    .activations = learner.observe(rows_of(prompts), {prompts.length - 2}),
                    .patterns = learner.patterns(rows_of(one))};
  examine_latents(findings, asked_by(prompts), world.size());
  return findings;
}

nlohmann::ordered_json to_json(const Findings& findings) {
  nlohmann::ordered_json measures;
  for (const auto& [name, value] : named(findings.measures)) measures[name] = value;
  const LatentStatistics& latents = findings.latents;
  return {{"measures", measures},
          {"accuracy_by_shots", findings.by_shots},
          {"latents",
           {{"between", latents.between},
            {"probe", latents.probe},
            {"share_of_first_components", latents.share_of_first},
            {"participation_ratio", latents.participation}}}};
}

nlohmann::ordered_json figures_of(const Findings& findings) {
  auto components = nlohmann::ordered_json::array();
  for (const LatentPoint& point : findings.points)
    components.push_back({point.first, point.second, point.type});
  const Patterns& patterns = findings.patterns;
  return {{"components", components},
          {"patterns",
           {{"layers", patterns.layers},
            {"heads", patterns.heads},
            {"positions", patterns.positions},
            {"weights", patterns.weights}}}};
}

}  // namespace contextual_recall
