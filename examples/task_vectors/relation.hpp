#pragma once

#include "../experiment/bootstrap.hpp"

#include <vector>

namespace task_vectors {

struct Point {
  double decodability, accuracy;
};

// accuracy = intercept + slope decodability by least squares, and the share of the accuracies'
// variance that the line explains, R^2, with its bootstrap interval over the points.
struct LinearFit {
  double slope, intercept;
  experiment::Interval r_squared;
};

// R^2 is 0 where all points have the same decodability or accuracy. Throws weft::Error for fewer
// than two points.
LinearFit fit_line(const std::vector<Point>& points, const weft::Random& random);

}  // namespace task_vectors
