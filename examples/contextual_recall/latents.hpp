#pragma once

#include "learner.hpp"

#include "../experiment/samples.hpp"

#include <vector>

// The residual stream where a recall prompt asks, after each layer: whether the type that is asked
// for stands there.

namespace contextual_recall {

// Positions of a prompt.
using Places = std::vector<std::size_t>;
Places last_position(const WorldSize& size);
Places query_tuple(const WorldSize& size);  // the subject that is asked about, and its grammar

struct Latents {
  Activations activations;
  experiment::Labels types, subjects;  // that each prompt asks for
};

Latents observe_latents(const Learner& learner, const Texts& prompts, const Places& places);

// Recall prompts over all subjects.
Texts latent_prompts(const World& world, std::size_t rows, const weft::Random& draws);

// After one layer, (prompt, place and feature), and at one of the places alone.
experiment::Matrix after_layer(const Latents& latents, std::size_t layer);
experiment::Matrix after_layer(const Latents& latents, std::size_t layer, std::size_t place);

// How far the type can be read off them, after each layer.
struct LatentStatistics {
  std::vector<double> between;         // share of the variance between types
  std::vector<double> probe;           // accuracy of the nearest class mean
  std::vector<double> share_of_first;  // types - 1 components, the means of subjects taken off
  std::vector<double> participation;   // ratio, of the same components
};

LatentStatistics statistics_of(const Latents& latents, const WorldSize& size);

}  // namespace contextual_recall
