#include "bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace experiment {

namespace {

void check(const std::vector<double>& values, const BootstrapOptions& options) {
  if (values.size() < 2 || values.size() > 0xFFFFFFFFu)
    weft::fail("bootstrap_interval", "there must be two values or more",
               std::to_string(values.size()));
  for (double value : values)
    if (!std::isfinite(value))
      weft::fail("bootstrap_interval", "every number must be finite", std::to_string(value));
  if (!(options.confidence > 0 && options.confidence < 1))
    weft::fail("bootstrap_interval", "the confidence must lie between 0 and 1",
               std::to_string(options.confidence));
  if (options.resamples == 0) weft::fail("bootstrap_interval", "there must be resamples", "0");
}

double quantile(const std::vector<double>& sorted, double probability) {
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

double arithmetic_mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Interval bootstrap_interval(const std::vector<double>& values, weft::Random random,
                            const BootstrapOptions& options, const Statistic& statistic) {
  check(values, options);
  std::vector<double> resample(values.size()), statistics(options.resamples);
  for (double& result : statistics) {
    for (double& value : resample)
      value = values[random.integer(static_cast<std::uint32_t>(values.size()))];
    result = statistic(resample);
  }
  std::sort(statistics.begin(), statistics.end());
  return {statistic(values), quantile(statistics, (1 - options.confidence) / 2),
          quantile(statistics, (1 + options.confidence) / 2)};
}

}  // namespace experiment
