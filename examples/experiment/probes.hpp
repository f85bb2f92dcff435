#pragma once

#include "samples.hpp"

namespace experiment {

// How well the group of a sample can be read off it. The first two learn from the first half of the
// samples and are tested on the second, so the order must be random; each group must be in both
// halves. All throw weft::Error where that is not so, there are fewer samples than they need, a
// number is not finite, or labels do not fit.

// Accuracy of taking the group with the nearest mean.
double nearest_centroid_accuracy(const Matrix& samples, const Labels& labels, int groups);

// Accuracy of taking the group with the greatest linear score, by ridge regression of the group
// indicators Y on the centred samples X:
//   scores = (x - mean) W + shares,   W = (X^T X / n + ridge v I)^-1 X^T Y / n,
// v the mean variance of a feature, and shares how frequent each group is. Throws where all samples
// are equal, or ridge is not positive.
double linear_probe_accuracy(const Matrix& samples, const Labels& labels, int groups,
                             double ridge = 1e-3);

// Accuracies over all samples, and over those of each group.
struct NeighbourAccuracy {
  double overall;
  std::vector<double> by_group;
};

// Task decodability (Han et al. 2024, arXiv 2412.12276, section 4): each sample is given the group
// of most of the k others nearest to it, by Euclidean distance. Of groups with equally many the
// one with the nearest sample wins; of samples at one distance the earlier counts as nearer.
// Throws where k is 0 or not below the number of samples, or a group has no sample.
//
// n samples of d features take n^2 d multiply-adds.
NeighbourAccuracy nearest_neighbour_accuracy(const Matrix& samples, const Labels& labels,
                                             int groups, std::size_t k = 10);

}  // namespace experiment
