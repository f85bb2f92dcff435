#include "findings.hpp"

#include "../experiment/analysis.hpp"

#include <algorithm>
#include <utility>

namespace contextual_recall {

namespace {

constexpr std::size_t most_points = 2048;  // more only cover each other

std::vector<LatentPoint> points_of(const Latents& latents, const WorldSize& size) {
  const experiment::Matrix last = after_layer(latents, latents.activations.layers - 1);
  const experiment::Matrix apart =
      experiment::group_centred(last, latents.subjects, size.subjects);
  const experiment::Matrix projected =
      experiment::principal_components(apart).project(apart, 2);
  std::vector<LatentPoint> points;
  for (std::size_t i = 0; i < std::min(projected.shape(0), most_points); ++i)
    points.push_back({projected(i, 0), projected(i, 1), latents.types[i]});
  return points;
}

}  // namespace

Findings examine(const Learner& learner, const World& world, std::size_t rows,
                 const weft::Random& draws) {
  const Texts one = world.recall(1, world.all(), world.all(), world.size().tuples - 1,
                                 draws.fork("one"));
  Latents latents =
      observe_latents(learner, latent_prompts(world, 2 * rows, draws.fork("latents")),
                      last_position(world.size()));
  Findings findings{.measures = measure(learner, world, rows, draws),
                    .by_shots = accuracy_by_shots(learner, world, rows, draws),
                    .latents = statistics_of(latents, world.size()),
                    .points = points_of(latents, world.size()),
                    .activations = {},
                    .patterns = learner.patterns(rows_of(one))};
  findings.activations = std::move(latents.activations);
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
