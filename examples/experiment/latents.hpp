#pragma once

#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <cstddef>
#include <vector>

// Statistics of vectors that belong to groups: how much of them the group explains, and in how
// many directions. Rows of a matrix are samples.

namespace experiment {

using Matrix = xt::xtensor<double, 2>;
using Labels = std::vector<int>;

// The mean of the rows of each group, (groups, features), and how many rows each has.
struct GroupMeans {
  Matrix means;
  std::vector<std::size_t> counts;
};

inline GroupMeans group_means(const Matrix& samples, const Labels& labels, int groups) {
  GroupMeans result{xt::zeros<double>({static_cast<std::size_t>(groups), samples.shape(1)}),
                    std::vector<std::size_t>(static_cast<std::size_t>(groups))};
  for (std::size_t i = 0; i < samples.shape(0); ++i) {
    const auto group = static_cast<std::size_t>(labels[i]);
    xt::row(result.means, static_cast<std::ptrdiff_t>(group)) +=
        xt::row(samples, static_cast<std::ptrdiff_t>(i));
    ++result.counts[group];
  }
  for (std::size_t group = 0; group < result.counts.size(); ++group)
    if (result.counts[group] > 0)
      xt::row(result.means, static_cast<std::ptrdiff_t>(group)) /=
          static_cast<double>(result.counts[group]);
  return result;
}

// The samples less their mean.
inline Matrix centred(const Matrix& samples) {
  // As a tensor, since a lazy mean would be computed once for every sample.
  const xt::xtensor<double, 1> mean = xt::mean(samples, {0});
  return samples - mean;
}

// The samples less the mean of their group.
inline Matrix group_centred(const Matrix& samples, const Labels& labels, int groups) {
  const GroupMeans of_groups = group_means(samples, labels, groups);
  Matrix result = samples;
  for (std::size_t i = 0; i < samples.shape(0); ++i)
    xt::row(result, static_cast<std::ptrdiff_t>(i)) -= xt::row(of_groups.means, labels[i]);
  return result;
}

// Share of the variance between groups: sum_g n_g |mean_g - mean|^2 / sum_i |x_i - mean|^2.
inline double between_group_variance(const Matrix& samples, const Labels& labels, int groups) {
  const Matrix deviations = centred(samples);
  const GroupMeans of_groups = group_means(deviations, labels, groups);
  double between = 0;
  for (std::size_t group = 0; group < of_groups.counts.size(); ++group) {
    const auto mean = xt::row(of_groups.means, static_cast<std::ptrdiff_t>(group));
    between += static_cast<double>(of_groups.counts[group]) * xt::sum(mean * mean)();
  }
  return between / xt::sum(deviations * deviations)();
}

// Accuracy of taking the group with the nearest mean; means from the first half of the samples,
// tested on the second.
inline double nearest_centroid_accuracy(const Matrix& samples, const Labels& labels, int groups) {
  const std::size_t half = samples.shape(0) / 2;
  const Matrix first = xt::view(samples, xt::range(std::size_t{0}, half), xt::all());
  const Labels first_labels(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(half));
  const GroupMeans centroids = group_means(first, first_labels, groups);
  std::size_t hits = 0;
  for (std::size_t i = half; i < samples.shape(0); ++i) {
    const Matrix offsets = centroids.means - xt::row(samples, static_cast<std::ptrdiff_t>(i));
    const auto nearest = xt::argmin(xt::sum(offsets * offsets, {1}))();
    hits += static_cast<int>(nearest) == labels[i];
  }
  return static_cast<double>(hits) / static_cast<double>(samples.shape(0) - half);
}

// Principal components of the samples.
struct PrincipalComponents {
  std::vector<double> variances;  // descending
  Matrix directions;              // (features, components), unit columns, in the same order

  // (sum l)^2 / sum l^2: how many directions the variance fills.
  double participation_ratio() const {
    double sum = 0, squares = 0;
    for (double variance : variances) sum += variance, squares += variance * variance;
    return squares > 0 ? sum * sum / squares : 0;
  }

  // Share of the variance in the first `count` components.
  double share_of_first(std::size_t count) const {
    double sum = 0, first = 0;
    for (std::size_t i = 0; i < variances.size(); ++i) {
      sum += variances[i];
      if (i < count) first += variances[i];
    }
    return sum > 0 ? first / sum : 0;
  }

  // Coordinates of the samples along the first `count` components, (samples, count).
  Matrix project(const Matrix& samples, std::size_t count) const {
    const Matrix basis = xt::view(directions, xt::all(), xt::range(std::size_t{0}, count));
    return xt::linalg::dot(centred(samples), basis);
  }
};

// From the eigenvectors of the covariance (1/n) X^T X of the centred samples.
inline PrincipalComponents principal_components(const Matrix& samples) {
  const Matrix deviations = centred(samples);
  const Matrix covariance = xt::linalg::dot(xt::transpose(deviations), deviations) /
                            static_cast<double>(samples.shape(0));
  const auto [values, vectors] = xt::linalg::eigh(covariance);  // ascending
  PrincipalComponents result;
  result.variances.assign(values.crbegin(), values.crend());
  for (double& variance : result.variances) variance = variance > 0 ? variance : 0;
  using xt::placeholders::_;
  result.directions = xt::view(vectors, xt::all(), xt::range(_, _, -1));
  return result;
}

}  // namespace experiment
