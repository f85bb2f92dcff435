#include "bootstrap.hpp"

#include <cmath>
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

}  // namespace

Interval bootstrap_interval(const std::vector<double>& values, weft::Random random,
                            const BootstrapOptions& options, const Statistic& statistic) {
  check(values, options);
  std::vector<double> resample(values.size()), statistics(options.resamples);
  for (double& result : statistics) {
    for (double& value : resample)
      value = values[random.integer(static_cast<std::uint32_t>(values.size()))];
    result = statistic(resample);
  }
  return {statistic(values), quantile(statistics, (1 - options.confidence) / 2),
          quantile(statistics, (1 + options.confidence) / 2)};
}

}  // namespace experiment
