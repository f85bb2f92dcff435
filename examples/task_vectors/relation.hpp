#pragma once

#include "../experiment/bootstrap.hpp"

#include <vector>

namespace task_vectors {

// Points of one cluster depend on each other: those of one operator, or of one stretch of training.
struct Point {
  double decodability, accuracy;
  std::size_t cluster;
};

inline constexpr std::size_t stretch = 5;  // evaluations that make a cluster

// accuracy = intercept + slope decodability by least squares, and the share of the accuracies'
// variance that the line explains, R^2, with its bootstrap interval: each resample draws as many
// whole clusters as there are. Cameron, Gelbach and Miller 2008, "Bootstrap-based improvements for
// inference with clustered errors" (pairs cluster bootstrap). It is too narrow for few clusters.
struct LinearFit {
  double slope, intercept;
  experiment::Interval r_squared;  // low and high are not numbers where there is one cluster
};

// Clusters are numbered from 0. R^2 is 0 where all points have the same decodability or accuracy.
// Throws weft::Error for fewer than two points.
LinearFit fit_line(const std::vector<Point>& points, const weft::Random& random);

}  // namespace task_vectors
