#pragma once

#include "settings.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

namespace context_vs_weights {

// One run. Writes everything but the figures to the directory. threads: 0 for
// weft::default_threads(). Throws weft::Error where something cannot be written or computed.
experiment::Checks run(const Preset& preset, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory);

}  // namespace context_vs_weights
