#pragma once

#include "samples.hpp"

namespace experiment {

// A matrix (m, n) as left diag(values) right^T, k = min(m, n).
struct Decomposition {
  std::vector<double> values;  // singular values, descending
  Matrix left, right;          // (m, k) and (n, k), orthonormal columns

  // Share of the squared singular values in the first `count`: how much of a change of weights the
  // best matrix of that rank makes. Throws weft::Error for more than k, or where all are zero.
  double energy_of_first(std::size_t count) const;

  // How many singular values exceed `tolerance` times the greatest, by default max(m, n) units in
  // the last place of a double.
  std::size_t rank(double tolerance = 0) const;
};

// Throws weft::Error where the matrix has no elements, or one is not finite.
Decomposition decompose(const Matrix& matrix);

// The angles between the spaces that the columns of a (n, p) and b (n, q) span, ascending, in
// radians; as many as the smaller space has dimensions. Bjorck and Golub 1973, "Numerical methods
// for computing angles between linear subspaces": acos of the singular values of Qa^T Qb, or where
// that loses digits asin of those of Qb - Qa Qa^T Qb.
// Throws weft::Error where n differs, a number is not finite, or all numbers of a or b are zero.
std::vector<double> principal_angles(const Matrix& a, const Matrix& b);

// The mean squared cosine of these angles: 1 where the smaller space lies within the other, 0 where
// they are orthogonal; max(p, q) / n on average where one is drawn at random.
double subspace_overlap(const Matrix& a, const Matrix& b);

}  // namespace experiment
