#include "student_interval.hpp"

#include <weft/core/error.hpp>

#include <array>
#include <cmath>
#include <string>

namespace experiment {

namespace {

// The 0.975 quantile of Student's t: a table, and beyond it the expansion in 1 / degrees of freedom
// about the normal quantile z (Abramowitz and Stegun 1964, 26.7.5).
double student_quantile(std::size_t degrees) {
  constexpr std::array table{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  if (degrees <= table.size()) return table[degrees - 1];
  const double z = 1.959964, n = static_cast<double>(degrees);
  const double first = (std::pow(z, 3) + z) / 4;
  const double second = (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / 96;
  return z + first / n + second / (n * n);
}

}  // namespace

Interval student_interval(const std::vector<double>& values) {
  if (values.size() < 2)
    weft::fail("student_interval", "there must be two values or more",
               std::to_string(values.size()));
  const auto count = static_cast<double>(values.size());
  const double mean = arithmetic_mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double reach =
      student_quantile(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return {mean, mean - reach, mean + reach};
}

}  // namespace experiment
