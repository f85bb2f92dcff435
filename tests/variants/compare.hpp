#pragma once

#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace variants {

// Whether two numbers agree as well as sums of some hundred floats of this size can.
inline bool agree(double a, double b) {
  return std::abs(a - b) <= 2e-4 * std::max({1.0, std::abs(a), std::abs(b)});
}

// The numbers whose float and double values do not agree, one a line.
inline std::string disagreements(const Results& results) {
  std::string text;
  char line[200];
  for (const Number& number : results.numbers) {
    if (agree(number.in_float, number.in_double)) continue;
    std::snprintf(line, sizeof line, "%s: %.9g in float, %.9g in double\n", number.name.c_str(),
                  number.in_float, number.in_double);
    text += line;
  }
  return text;
}

}  // namespace variants
