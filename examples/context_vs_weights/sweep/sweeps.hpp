#pragma once

#include "../settings.hpp"

#include "../../experiment/sweep.hpp"

// What is varied.

namespace context_vs_weights {

// In the order they are offered: share, depth, noise, exemplars, interleaved and heads. The last
// one varies nothing, and looks at the heads of both trainings.
std::vector<experiment::Sweep> sweeps(const Preset& preset);

// What the figure of a sweep shows, and the script that draws it where it is another one.
experiment::SweepCurves curves_of(const std::string& sweep);
std::string figures_of(const std::string& sweep);

}  // namespace context_vs_weights
