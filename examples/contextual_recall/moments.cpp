#include "moments.hpp"

#include "latents.hpp"

#include "../experiment/probes.hpp"

#include <weft/core/error.hpp>

#include <nlohmann/json.hpp>

namespace contextual_recall {

using Json = nlohmann::json;

Moment observe_moment(const Learner& learner, const World& world, std::size_t step,
                      const weft::Random& draws) {
  const Texts prompts = latent_prompts(world, moment_rows, draws);
  const Latents latents = observe_latents(learner, prompts, query_tuple(world.size()));
  const Activations& activations = latents.activations;
  const std::size_t last = activations.positions - 1;  // of the tuple, and so of the prompt
  std::size_t hits = 0;
  for (std::size_t row = 0; row < prompts.rows(); ++row)
    hits += activations.predicted[row * activations.positions + last] ==
            prompts.row(row)[prompts.length - 1];
  const auto probe = [&](const experiment::Matrix& stream) {
    return experiment::nearest_centroid_accuracy(stream, latents.types, world.size().types);
  };
  return {.step = step,
          .recall = static_cast<double>(hits) / static_cast<double>(prompts.rows()),
          .first_latent = probe(after_layer(latents, 0)),
          .last_latent = probe(after_layer(latents, learner.config.layers - 1, last))};
}

std::string notes_of(const std::vector<Moment>& moments) {
  Json list = Json::array();
  for (const Moment& one : moments)
    list.push_back({one.step, one.recall, one.first_latent, one.last_latent});
  const auto bytes = Json::to_cbor(list);
  return {bytes.begin(), bytes.end()};
}

std::vector<Moment> moments_of(std::string_view notes) {
  try {
    std::vector<Moment> moments;
    for (const Json& one : Json::from_cbor(notes))
      moments.push_back({one.at(0), one.at(1), one.at(2), one.at(3)});
    return moments;
  } catch (const Json::exception& problem) {
    weft::fail("resume", "the checkpoint's notes are not readable", problem.what());
  }
}

}  // namespace contextual_recall
