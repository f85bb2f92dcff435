#include "statistics.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace experiment {

double arithmetic_mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(std::vector<double> values, double share) {
  if (values.empty() || !(share >= 0 && share <= 1))
    weft::fail("quantile", "there must be values, and a share of them in [0, 1]",
               std::to_string(values.size()) + " values, share " + std::to_string(share));
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

double area_under_curve(const std::vector<double>& positives, std::vector<double> negatives) {
  if (positives.empty() || negatives.empty())
    weft::fail("area_under_curve", "there must be positives and negatives",
               std::to_string(positives.size()) + " and " + std::to_string(negatives.size()));
  std::sort(negatives.begin(), negatives.end());
  double sum = 0;
  for (const double value : positives) {
    const auto [equal, above] = std::equal_range(negatives.begin(), negatives.end(), value);
    sum += static_cast<double>(equal - negatives.begin()) +
           static_cast<double>(above - equal) / 2;
  }
  return sum / (static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

double smallest_rise(const std::vector<double>& values) {
  if (values.size() < 2)
    weft::fail("smallest_rise", "there must be two values or more", std::to_string(values.size()));
  double smallest = values[1] - values[0];
  for (std::size_t i = 2; i < values.size(); ++i)
    smallest = std::min(smallest, values[i] - values[i - 1]);
  return smallest;
}

double mean_in_errors(const std::vector<double>& differences) {
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
