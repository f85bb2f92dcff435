#pragma once

#include "regression_task.hpp"

namespace task_vectors {

// What three ideal observers predict for each y, (sequence, pair), from the pairs before it. Each
// knows the deviations of weights and noise.
struct References {
  std::vector<double> oracle;   // knows the basis: ridge regression on its coordinates
  std::vector<double> mixture;  // knows the bases: no predictor is better on average
  std::vector<double> blind;    // knows no bases: ridge regression on all coordinates
};

// Ridge regression is the mean of the posterior, w ~ N(0, I): (X^T X + noise^2 I)^-1 X^T y. It is
// updated pair by pair. The mixture weighs the predictions of the bases by their evidence, the
// product of the densities N(y; x . mean, x^T covariance x + noise^2) of the pairs before.
References reference_predictions(const Sequences& sequences);

}  // namespace task_vectors
