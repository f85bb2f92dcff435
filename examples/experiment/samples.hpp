#pragma once

#include <xtensor/xtensor.hpp>

#include <cstddef>
#include <vector>

// Samples of vectors, (sample, feature), which may belong to groups. What is impossible to compute
// throws weft::Error, in every function of analysis.hpp.

namespace experiment {

using Matrix = xt::xtensor<double, 2>;
using Labels = std::vector<int>;  // the group of each sample, 0, ..., groups - 1

// Throws unless there are `least` samples of a feature or more, and all numbers are finite.
void check_samples(const char* operation, const Matrix& samples, std::size_t least);

// Throws unless there is a group or more, and a label of one of them for each sample.
void check_labels(const char* operation, const Matrix& samples, const Labels& labels, int groups);

// Samples begin, ..., end - 1.
Matrix rows_of(const Matrix& samples, std::size_t begin, std::size_t end);

// a b, (n, m) times (m, k). Throws where the extents differ.
Matrix product(const Matrix& a, const Matrix& b);
// a^T b, (m, n) transposed times (m, k).
Matrix product_of_transpose(const Matrix& a, const Matrix& b);

// The mean of the samples, (feature). Throws where there are none or one is not finite.
std::vector<double> mean_of(const Matrix& samples);

// The samples less their mean. Throws as mean_of().
Matrix centred(const Matrix& samples);

// The mean of the samples of each group, (group, feature), and how many each has. The mean of a
// group without samples is zero.
struct GroupMeans {
  Matrix means;
  std::vector<std::size_t> counts;
};

// Throws where there are no samples or groups, one is not finite, or labels do not fit.
GroupMeans group_means(const Matrix& samples, const Labels& labels, int groups);

// The samples less the mean of their group. Throws as group_means().
Matrix group_centred(const Matrix& samples, const Labels& labels, int groups);

// Share of the variance that lies between groups, in [0, 1]:
//   sum_g n_g |mean_g - mean|^2 / sum_i |x_i - mean|^2.
// Throws as group_means(), and where all samples are equal.
double between_group_variance(const Matrix& samples, const Labels& labels, int groups);

}  // namespace experiment
