#pragma once

#include "statistics.hpp"

#include <weft/core/random.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace experiment {

// An estimate and a range that holds the true value with the confidence asked for.
struct Interval {
  double estimate, low, high;
};

struct BootstrapOptions {
  double confidence = 0.95;
  std::size_t resamples = 10000;
};

using Statistic = std::function<double(const std::vector<double>&)>;

// Percentile bootstrap of a statistic of independent values: each resample draws as many of them
// with replacement, sample after sample from the one stream; the range is from the
// (1 - confidence) / 2 to the (1 + confidence) / 2 quantile of its values, between two of which a
// quantile lies by linear interpolation. Efron and Tibshirani 1993, "An introduction to the
// bootstrap", section 13.3. It is too narrow for few values.
//
// Throws weft::Error for fewer than two values, one that is not finite, a confidence that is not
// between 0 and 1, or no resamples.
Interval bootstrap_interval(const std::vector<double>& values, weft::Random random,
                            const BootstrapOptions& options = {},
                            const Statistic& statistic = arithmetic_mean);

}  // namespace experiment
