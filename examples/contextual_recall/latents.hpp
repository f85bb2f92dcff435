#pragma once

#include "learner.hpp"

#include "../experiment/samples.hpp"

#include <vector>

// The residual stream at the query of recall prompts, where the type that is asked for may stand.

namespace contextual_recall {

// At the last position of recall prompts over all subjects, after each layer.
struct Latents {
  Activations activations;
  experiment::Labels types, subjects;  // that each prompt asks for
};

Latents observe_latents(const Learner& learner, const World& world, std::size_t rows,
                        const weft::Random& draws);

// After one layer, (prompt, feature).
experiment::Matrix after_layer(const Latents& latents, std::size_t layer);

// How far the type can be read off them, after each layer.
struct LatentStatistics {
  std::vector<double> between;         // share of the variance between types
  std::vector<double> probe;           // accuracy of the nearest class mean
  std::vector<double> share_of_first;  // types - 1 components, the means of subjects taken off
  std::vector<double> participation;   // ratio, of the same components
};

LatentStatistics statistics_of(const Latents& latents, const WorldSize& size);

}  // namespace contextual_recall
