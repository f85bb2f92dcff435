#pragma once

#include "../../experiment/sweep.hpp"

// What is varied.

namespace contextual_recall {

// In the order they are offered.
const std::vector<experiment::Sweep>& sweeps();

// What the figure of a sweep shows.
experiment::SweepCurves curves_of(const std::string& sweep);

}  // namespace contextual_recall
