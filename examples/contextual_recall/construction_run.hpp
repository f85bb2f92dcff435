#pragma once

#include "construction_checks.hpp"
#include "settings.hpp"

#include "../experiment/run_directory.hpp"

namespace contextual_recall {

// The two-layer construction with orthonormal embeddings for a world, that of a preset which has
// one: half a second, so every run does it.
ConstructionFindings check_construction(const Preset& preset, const World& world,
                                        const weft::Random& draws, int threads);

// A run with --construct: both constructions with orthonormal embeddings, exact, and then with
// Gaussian ones of several widths beside what crosstalk predicts. Writes everything but the figure
// to the directory. threads: 0 for weft::default_threads(). Throws weft::Error where the preset has
// no construction, or something cannot be written.
experiment::Checks run_construction(const Preset& preset, std::uint64_t seed, int threads,
                                    const experiment::RunDirectory& directory);

}  // namespace contextual_recall
