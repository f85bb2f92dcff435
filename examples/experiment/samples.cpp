#include "samples.hpp"

#include <weft/core/error.hpp>

#include <xtensor-blas/xblas.hpp>
#include <xtensor/xview.hpp>

#include <cmath>
#include <string>

namespace experiment {

namespace {

std::string extents_of(const Matrix& matrix) {
  return std::to_string(matrix.shape(0)) + " x " + std::to_string(matrix.shape(1));
}

// xt::linalg::dot() would do, but not with clang 19: it instantiates containers of any rank, which
// that compiler finds ambiguous.
Matrix multiply(const Matrix& a, bool transposed, const Matrix& b) {
  const std::size_t rows = a.shape(transposed ? 1 : 0), inner = a.shape(transposed ? 0 : 1);
  if (inner != b.shape(0))
    weft::fail("product", "the inner extents must be equal",
               extents_of(a) + (transposed ? " transposed, " : ", ") + extents_of(b));
  Matrix result = xt::zeros<double>({rows, b.shape(1)});
  if (result.size() > 0 && inner > 0) xt::blas::gemm(a, b, result, transposed, false);
  return result;
}

}  // namespace

void check_samples(const char* operation, const Matrix& samples, std::size_t least) {
  if (samples.shape(0) < least || samples.shape(1) == 0)
    weft::fail(operation,
               "there must be " + std::to_string(least) + " samples or more, of a feature or more",
               extents_of(samples));
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    for (std::size_t j = 0; j < samples.shape(1); ++j)
      if (!std::isfinite(samples(i, j)))
        weft::fail(operation, "every number must be finite",
                   std::to_string(samples(i, j)) + " at sample " + std::to_string(i) +
                       ", feature " + std::to_string(j));
}

void check_labels(const char* operation, const Matrix& samples, const Labels& labels, int groups) {
  if (groups < 1) weft::fail(operation, "there must be a group or more", std::to_string(groups));
  if (labels.size() != samples.shape(0))
    weft::fail(operation, "there must be as many labels as samples",
               std::to_string(labels.size()) + " labels, " + std::to_string(samples.shape(0)) +
                   " samples");
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= groups)
      weft::fail(operation, "a label must be one of the groups",
                 std::to_string(labels[i]) + " at sample " + std::to_string(i) + ", " +
                     std::to_string(groups) + " groups");
}

Matrix rows_of(const Matrix& samples, std::size_t begin, std::size_t end) {
  if (begin > end || end > samples.shape(0))
    weft::fail("rows_of", "the range must lie within the samples",
               std::to_string(begin) + " to " + std::to_string(end) + " of " +
                   std::to_string(samples.shape(0)));
  return xt::view(samples, xt::range(begin, end), xt::all());
}

Matrix product(const Matrix& a, const Matrix& b) { return multiply(a, false, b); }
Matrix product_of_transpose(const Matrix& a, const Matrix& b) { return multiply(a, true, b); }

std::vector<double> mean_of(const Matrix& samples) {
  check_samples("mean_of", samples, 1);
  std::vector<double> mean(samples.shape(1));
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += samples(i, j);
  for (double& value : mean) value /= static_cast<double>(samples.shape(0));
  return mean;
}

Matrix centred(const Matrix& samples) {
  const std::vector<double> mean = mean_of(samples);
  Matrix result = samples;
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) result(i, j) -= mean[j];
  return result;
}

GroupMeans group_means(const Matrix& samples, const Labels& labels, int groups) {
  check_samples("group_means", samples, 1);
  check_labels("group_means", samples, labels, groups);
  const auto count = static_cast<std::size_t>(groups);
  GroupMeans result{xt::zeros<double>({count, samples.shape(1)}), std::vector<std::size_t>(count)};
  for (std::size_t i = 0; i < samples.shape(0); ++i) {
    const auto group = static_cast<std::size_t>(labels[i]);
    ++result.counts[group];
    for (std::size_t j = 0; j < samples.shape(1); ++j) result.means(group, j) += samples(i, j);
  }
  for (std::size_t group = 0; group < count; ++group)
    for (std::size_t j = 0; j < samples.shape(1) && result.counts[group] > 0; ++j)
      result.means(group, j) /= static_cast<double>(result.counts[group]);
  return result;
}

Matrix group_centred(const Matrix& samples, const Labels& labels, int groups) {
  const Matrix means = group_means(samples, labels, groups).means;
  Matrix result = samples;
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    for (std::size_t j = 0; j < samples.shape(1); ++j)
      result(i, j) -= means(static_cast<std::size_t>(labels[i]), j);
  return result;
}

double between_group_variance(const Matrix& samples, const Labels& labels, int groups) {
  const Matrix deviations = centred(samples);
  const GroupMeans of_groups = group_means(deviations, labels, groups);
  double between = 0, total = 0;
  for (std::size_t group = 0; group < of_groups.counts.size(); ++group)
    for (std::size_t j = 0; j < samples.shape(1); ++j)
      between += static_cast<double>(of_groups.counts[group]) * of_groups.means(group, j) *
                 of_groups.means(group, j);
  for (double deviation : deviations) total += deviation * deviation;
  if (total == 0) weft::fail("between_group_variance", "the samples must not all be equal");
  return between / total;
}

}  // namespace experiment
