#pragma once

#include "settings.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <string>
#include <vector>

// The test in context, while one setting is varied.

namespace context_vs_weights {

// share: of contexts with the rule in training, from 0 to 1; depth: layers; noise: of stimuli, in
// training and in the test; exemplars: of a class in a context; heads: none is varied, and the
// heads of the two kinds of models are looked at.
const std::vector<std::string>& sweep_names();

// A model of another size than the presets', compiled in a file of its own.
struct Variant {
  std::size_t value;
  Learner (*make_learner)(const weft::Random& random, const weft::LaneOptions& lanes);
};
std::vector<Variant> depth_variants();     // by layers
std::vector<Variant> exemplar_variants();  // by exemplars of a class

// One run: preset.models models at each point, with means and intervals. Writes everything but the
// figures to the directory. Nothing of it is required to hold.
experiment::Checks run_sweep(const std::string& name, const Preset& preset, std::uint64_t seed,
                             int threads, const experiment::RunDirectory& directory);

}  // namespace context_vs_weights
