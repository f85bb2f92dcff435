#include "latents.hpp"

#include "../experiment/analysis.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xview.hpp>

namespace contextual_recall {

Places last_position(const WorldSize& size) { return {size.positions() - 1}; }

Places query_tuple(const WorldSize& size) {
  const std::size_t end = size.positions();
  return {end - 3, end - 2, end - 1};
}

Texts latent_prompts(const World& world, std::size_t rows, const weft::Random& draws) {
  return world.recall(rows, world.all(), world.all(), world.size().tuples - 1, draws);
}

Latents observe_latents(const Learner& learner, const Texts& prompts, const Places& places) {
  Latents latents{learner.observe(rows_of(prompts), places), {}, {}};
  for (const Prompt& prompt : prompts.prompts) {
    latents.types.push_back(prompt.type);
    latents.subjects.push_back(prompt.query);
  }
  return latents;
}

experiment::Matrix after_layer(const Latents& latents, std::size_t layer) {
  const Activations& activations = latents.activations;
  const auto all =
      xt::adapt(activations.residual, std::array{activations.rows, activations.layers,
                                                 activations.positions * activations.width});
  return xt::view(all, xt::all(), layer, xt::all());
}

experiment::Matrix after_layer(const Latents& latents, std::size_t layer, std::size_t place) {
  const std::size_t width = latents.activations.width;
  return xt::view(after_layer(latents, layer), xt::all(),
                  xt::range(place * width, (place + 1) * width));
}

LatentStatistics statistics_of(const Latents& latents, const WorldSize& size) {
  LatentStatistics result;
  for (std::size_t layer = 0; layer < latents.activations.layers; ++layer) {
    const experiment::Matrix residual = after_layer(latents, layer);
    result.between.push_back(
        experiment::between_group_variance(residual, latents.types, size.types));
    result.probe.push_back(
        experiment::nearest_centroid_accuracy(residual, latents.types, size.types));
    const auto components = experiment::principal_components(
        experiment::group_centred(residual, latents.subjects, size.subjects));
    result.share_of_first.push_back(
        components.share_of_first(static_cast<std::size_t>(size.types) - 1));
    result.participation.push_back(components.participation_ratio());
  }
  return result;
}

}  // namespace contextual_recall
