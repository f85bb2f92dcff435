#pragma once

#include "samples.hpp"

namespace experiment {

// Directions of samples, by the variance along them.
struct PrincipalComponents {
  std::vector<double> variances;  // descending
  Matrix directions;              // (feature, component), unit columns, in the same order
  std::vector<double> mean;       // of the samples, (feature)

  // (sum l)^2 / sum l^2 over the variances l: how many directions the variance fills, from 1 to the
  // number of features; 0 where there is no variance.
  double participation_ratio() const;

  // Share of the variance in the first `count` components; 0 where there is no variance. Throws
  // weft::Error where there are not so many.
  double share_of_first(std::size_t count) const;

  // Coordinates of samples along the first `count` components, (sample, count): (x - mean) times
  // their directions. Throws where there are not so many, or the features differ.
  Matrix project(const Matrix& samples, std::size_t count) const;
};

// Eigenvalues and eigenvectors of the covariance (1/n) X^T X of the centred samples. Throws
// weft::Error for fewer than two samples, or numbers that are not finite.
PrincipalComponents principal_components(const Matrix& samples);

}  // namespace experiment
