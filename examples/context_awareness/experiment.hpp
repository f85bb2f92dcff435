#pragma once

#include "findings.hpp"

namespace context_awareness {

// One run. Writes everything but the figures to the directory. threads: 0 for
// weft::default_threads(). Throws weft::Error where something cannot be written or computed.
experiment::Checks run(const Preset& preset, const Scenario& scenario, const Choices& choices,
                       std::uint64_t seed, int threads, const experiment::RunDirectory& directory);

}  // namespace context_awareness
