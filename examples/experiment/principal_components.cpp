#include "principal_components.hpp"

#include <weft/core/error.hpp>

#include <xtensor-blas/xlinalg.hpp>

#include <algorithm>
#include <string>

namespace experiment {

namespace {

void check_count(const char* operation, std::size_t count, std::size_t components) {
  if (count > components)
    weft::fail(operation, "there must be as many components as are asked for",
               std::to_string(count) + " of " + std::to_string(components));
}

}  // namespace

double PrincipalComponents::participation_ratio() const {
  double sum = 0, squares = 0;
  for (double variance : variances) sum += variance, squares += variance * variance;
  return squares > 0 ? sum * sum / squares : 0;
}

double PrincipalComponents::share_of_first(std::size_t count) const {
  check_count("share_of_first", count, variances.size());
  double sum = 0, first = 0;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    sum += variances[i];
    if (i < count) first += variances[i];
  }
  return sum > 0 ? first / sum : 0;
}

Matrix PrincipalComponents::project(const Matrix& samples, std::size_t count) const {
  check_count("project", count, variances.size());
  if (samples.shape(1) != mean.size())
    weft::fail("project", "the samples must have the features of the components",
               std::to_string(samples.shape(1)) + " and " + std::to_string(mean.size()));
  Matrix deviations = samples;
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) deviations(i, j) -= mean[j];
  return product(deviations, xt::view(directions, xt::all(), xt::range(std::size_t{0}, count)));
}

PrincipalComponents principal_components(const Matrix& samples) {
  check_samples("principal_components", samples, 2);
  const Matrix deviations = centred(samples);
  const Matrix covariance =
      product_of_transpose(deviations, deviations) / static_cast<double>(samples.shape(0));
  const auto [values, vectors] = xt::linalg::eigh(covariance);  // ascending
  PrincipalComponents result;
  result.mean = mean_of(samples);
  result.variances.assign(values.crbegin(), values.crend());
  // Rounding can leave a variance of zero below it.
  for (double& variance : result.variances) variance = std::max(variance, 0.0);
  using xt::placeholders::_;
  result.directions = xt::view(vectors, xt::all(), xt::range(_, _, -1));
  return result;
}

}  // namespace experiment
