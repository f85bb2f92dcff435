#include "subspaces.hpp"

#include <weft/core/error.hpp>

#include <xtensor-blas/xlinalg.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace experiment {

namespace {

// An orthonormal basis of what the columns span, (n, rank).
Matrix basis_of(const char* operation, const Matrix& columns) {
  const Decomposition decomposition = decompose(columns);
  const std::size_t rank = decomposition.rank();
  if (rank == 0) weft::fail(operation, "a space must have a dimension or more");
  return xt::view(decomposition.left, xt::all(), xt::range(std::size_t{0}, rank));
}

// Bases of both, the larger one first.
std::pair<Matrix, Matrix> bases_of(const char* operation, const Matrix& a, const Matrix& b) {
  if (a.shape(0) != b.shape(0))
    weft::fail(operation, "both spaces must lie in one",
               std::to_string(a.shape(0)) + " and " + std::to_string(b.shape(0)) + " dimensions");
  Matrix first = basis_of(operation, a), second = basis_of(operation, b);
  if (first.shape(1) < second.shape(1)) std::swap(first, second);
  return {std::move(first), std::move(second)};
}

}  // namespace

double Decomposition::energy_of_first(std::size_t count) const {
  if (count > values.size())
    weft::fail("energy_of_first", "there must be as many singular values as are asked for",
               std::to_string(count) + " of " + std::to_string(values.size()));
  double all = 0, first = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all += values[i] * values[i];
    if (i < count) first += values[i] * values[i];
  }
  if (all == 0) weft::fail("energy_of_first", "the matrix must not be zero");
  return first / all;
}

std::size_t Decomposition::rank(double tolerance) const {
  if (tolerance == 0)
    tolerance = static_cast<double>(std::max(left.shape(0), right.shape(0))) *
                std::numeric_limits<double>::epsilon();
  const double least = tolerance * values.front();
  return static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [&](double value) { return value > least; }));
}

Decomposition decompose(const Matrix& matrix) {
  check_samples("decompose", matrix, 1);
  const auto [left, values, right] = xt::linalg::svd(matrix, false);
  Decomposition result;
  result.values.assign(values.cbegin(), values.cend());
  result.left = left;
  result.right = xt::transpose(right);
  return result;
}

std::vector<double> principal_angles(const Matrix& a, const Matrix& b) {
  const auto [larger, smaller] = bases_of("principal_angles", a, b);
  const Matrix inner = product_of_transpose(larger, smaller);
  const std::vector<double> cosines = decompose(inner).values;
  const Matrix rest = smaller - product(larger, inner);
  const std::vector<double> sines = decompose(rest).values;  // of the greatest angle first
  std::vector<double> angles;
  for (std::size_t i = 0; i < cosines.size(); ++i) {
    const double sine = sines[sines.size() - 1 - i];
    angles.push_back(cosines[i] * cosines[i] < 0.5 ? std::acos(cosines[i])
                                                   : std::asin(std::min(sine, 1.0)));
  }
  return angles;
}

double subspace_overlap(const Matrix& a, const Matrix& b) {
  const auto [larger, smaller] = bases_of("subspace_overlap", a, b);
  double sum = 0;
  for (double cosine : product_of_transpose(larger, smaller)) sum += cosine * cosine;
  return sum / static_cast<double>(smaller.shape(1));
}

}  // namespace experiment
