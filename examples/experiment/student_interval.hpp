#pragma once

#include "bootstrap.hpp"

namespace experiment {

// The mean of a few independent values that are about normal, with its 95 % interval,
// mean +- t s / sqrt(n): Student's, t to three digits. Throws weft::Error for fewer than two.
Interval student_interval(const std::vector<double>& values);

}  // namespace experiment
