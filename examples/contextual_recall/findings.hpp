#pragma once

#include "latents.hpp"
#include "measures.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace contextual_recall {

// A prompt in the picture of the latents: its coordinates along the first two components of the
// last layer, the means of subjects taken off, and the type it asks for.
struct LatentPoint {
  double first, second;
  int type;
};

// Everything measured of a model that is done with a phase.
struct Findings {
  Measures measures;
  std::vector<double> by_shots;  // recall with held-out queries for 0, 1, ... shots
  LatentStatistics latents;
  std::vector<LatentPoint> points;  // some of the prompts
  Activations activations;
  Patterns patterns;
};

// Each share of right answers is over `rows` prompts or more, drawn by the given key; the latents
// are of twice as many, since the probe is tested on half of them.
Findings examine(const Learner& learner, const World& world, std::size_t rows,
                 const weft::Random& draws);

// For summary.json, and for figures.json, which has what the figures show besides.
nlohmann::ordered_json to_json(const Findings& findings);
nlohmann::ordered_json figures_of(const Findings& findings);

}  // namespace contextual_recall
