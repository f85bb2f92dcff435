#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace experiment {

// The mean of paired differences, one for each thing that both were tried on, in standard errors of
// that mean: sqrt(n - 1) mean(d) / sqrt(mean(d^2) - mean(d)^2). 0 where all are 0, and infinite
// where all are the same otherwise.
inline double mean_in_errors(const std::vector<double>& differences) {
  const auto count = static_cast<double>(differences.size());
  double sum = 0, squares = 0;
  for (const double difference : differences) {
    sum += difference;
    squares += difference * difference;
  }
  const double mean = sum / count;
  const double variance = std::max(squares / count - mean * mean, 0.0);
  return mean == 0 ? 0 : mean / std::sqrt(variance / (count - 1));
}

}  // namespace experiment
