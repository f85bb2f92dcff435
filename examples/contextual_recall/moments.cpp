#include "moments.hpp"

#include "latents.hpp"
#include "measures.hpp"

#include "../experiment/probes.hpp"

#include <weft/core/error.hpp>

#include <nlohmann/json.hpp>

namespace contextual_recall {

using Json = nlohmann::json;

Moment observe_moment(const Learner& learner, const World& world, std::size_t step,
                      const weft::Random& draws) {
  const Texts prompts = latent_prompts(world, moment_rows, draws);
  const auto probe = [&](const Places& places, std::size_t layer) {
    const Latents latents = observe_latents(learner, prompts, places);
    return experiment::nearest_centroid_accuracy(after_layer(latents, layer), latents.types,
                                                 world.size().types);
  };
  return {.step = step,
          .recall = recall_accuracy(learner, world, prompts),
          .first_latent = probe(query_tuple(world.size()), 0),
          .last_latent = probe(last_position(world.size()), learner.config.layers - 1)};
}

std::string bytes_of(const MomentNotes& notes) {
  Json list = Json::array();
  for (const Moment& one : notes.moments)
    list.push_back({one.step, one.recall, one.first_latent, one.last_latent});
  const auto bytes = Json::to_cbor({notes.good, list});
  return {bytes.begin(), bytes.end()};
}

MomentNotes notes_of(std::string_view bytes) {
  try {
    const Json all = Json::from_cbor(bytes);
    MomentNotes notes{{}, all.at(0)};
    for (const Json& one : all.at(1))
      notes.moments.push_back({one.at(0), one.at(1), one.at(2), one.at(3)});
    return notes;
  } catch (const Json::exception& problem) {
    weft::fail("resume", "the checkpoint's notes are not readable", problem.what());
  }
}

}  // namespace contextual_recall
