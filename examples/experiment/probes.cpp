#include "probes.hpp"

#include <weft/core/error.hpp>

#include <xtensor-blas/xlinalg.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace experiment {

namespace {

// What a probe learns from, and what it is tested on.
struct Halves {
  Matrix first, second;
  Labels first_labels, second_labels;
};

void check_every_group(const char* operation, const Labels& labels, int groups) {
  for (int group = 0; group < groups; ++group)
    if (std::find(labels.begin(), labels.end(), group) == labels.end())
      weft::fail(operation, "every group must have a sample", "group " + std::to_string(group));
}

Halves halves_of(const char* operation, const Matrix& samples, const Labels& labels, int groups) {
  check_samples(operation, samples, 2);
  check_labels(operation, samples, labels, groups);
  const std::size_t half = samples.shape(0) / 2;
  const auto middle = labels.begin() + static_cast<std::ptrdiff_t>(half);
  Halves halves{rows_of(samples, 0, half), rows_of(samples, half, samples.shape(0)),
                Labels(labels.begin(), middle), Labels(middle, labels.end())};
  check_every_group(operation, halves.first_labels, groups);
  check_every_group(operation, halves.second_labels, groups);
  return halves;
}

// The share of rows of (sample, group) whose greatest score is that of the label.
double accuracy_of(const Matrix& scores, const Labels& labels) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < scores.shape(0); ++i) {
    std::size_t best = 0;
    for (std::size_t group = 1; group < scores.shape(1); ++group)
      if (scores(i, group) > scores(i, best)) best = group;
    hits += best == static_cast<std::size_t>(labels[i]);
  }
  return static_cast<double>(hits) / static_cast<double>(labels.size());
}

double squared_distance(const Matrix& a, std::size_t i, const Matrix& b, std::size_t j) {
  double sum = 0;
  for (std::size_t feature = 0; feature < a.shape(1); ++feature) {
    const double difference = a(i, feature) - b(j, feature);
    sum += difference * difference;
  }
  return sum;
}

// The weights of a linear probe, (feature, group).
Matrix ridge_regression(const Matrix& samples, const Matrix& indicators, double ridge) {
  const auto n = static_cast<double>(samples.shape(0));
  const std::size_t features = samples.shape(1);
  const Matrix deviations = centred(samples);
  Matrix covariance = product_of_transpose(deviations, deviations) / n;
  double variance = 0;
  for (std::size_t j = 0; j < features; ++j) variance += covariance(j, j);
  variance /= static_cast<double>(features);
  if (variance == 0) weft::fail("linear_probe_accuracy", "the samples must not all be equal");
  for (std::size_t j = 0; j < features; ++j) covariance(j, j) += ridge * variance;
  const Matrix right_side = product_of_transpose(deviations, indicators) / n;
  return xt::linalg::solve(covariance, right_side);
}

// The squared distances of one sample to all, from the samples' features one after the other, so
// that the inner loop runs over samples and has no sum in it.
void distances_from(std::size_t sample, const Matrix& samples, const Matrix& by_feature,
                    std::vector<double>& distances) {
  std::fill(distances.begin(), distances.end(), 0.0);
  for (std::size_t feature = 0; feature < by_feature.shape(0); ++feature) {
    const double own = samples(sample, feature);
    const double* others = by_feature.data() + feature * distances.size();
    for (std::size_t i = 0; i < distances.size(); ++i) {
      const double difference = others[i] - own;
      distances[i] += difference * difference;
    }
  }
}

// The k samples nearest to another one, the nearest first; of those at one distance the earlier.
void find_nearest(std::size_t sample, const std::vector<double>& distances, std::size_t k,
                  std::vector<std::size_t>& nearest) {
  const auto is_nearer = [&](std::size_t a, std::size_t b) { return distances[a] < distances[b]; };
  nearest.clear();
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (i == sample || (nearest.size() == k && !is_nearer(i, nearest.back()))) continue;
    if (nearest.size() == k) nearest.pop_back();
    nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), i, is_nearer), i);
  }
}

// The group of most of the samples named, the nearest first.
int vote(const std::vector<std::size_t>& nearest, const Labels& labels,
         std::vector<std::size_t>& votes) {
  std::fill(votes.begin(), votes.end(), 0);
  const auto votes_of = [&](std::size_t place) -> std::size_t& {
    return votes[static_cast<std::size_t>(labels[nearest[place]])];
  };
  for (std::size_t place = 0; place < nearest.size(); ++place) ++votes_of(place);
  std::size_t best = 0;
  for (std::size_t place = 1; place < nearest.size(); ++place)
    if (votes_of(place) > votes_of(best)) best = place;
  return labels[nearest[best]];
}

}  // namespace

double nearest_centroid_accuracy(const Matrix& samples, const Labels& labels, int groups) {
  const Halves halves = halves_of("nearest_centroid_accuracy", samples, labels, groups);
  const Matrix centroids = group_means(halves.first, halves.first_labels, groups).means;
  Matrix scores = xt::zeros<double>({halves.second.shape(0), centroids.shape(0)});
  for (std::size_t i = 0; i < scores.shape(0); ++i)
    for (std::size_t group = 0; group < scores.shape(1); ++group)
      scores(i, group) = -squared_distance(halves.second, i, centroids, group);
  return accuracy_of(scores, halves.second_labels);
}

double linear_probe_accuracy(const Matrix& samples, const Labels& labels, int groups,
                             double ridge) {
  constexpr const char* operation = "linear_probe_accuracy";
  if (!(ridge > 0)) weft::fail(operation, "ridge must be positive", std::to_string(ridge));
  const Halves halves = halves_of(operation, samples, labels, groups);
  Matrix indicators =
      xt::zeros<double>({halves.first.shape(0), static_cast<std::size_t>(groups)});
  for (std::size_t i = 0; i < indicators.shape(0); ++i)
    indicators(i, static_cast<std::size_t>(halves.first_labels[i])) = 1;

  const Matrix weights = ridge_regression(halves.first, indicators, ridge);
  const std::vector<double> mean = mean_of(halves.first), shares = mean_of(indicators);
  Matrix tested = halves.second;
  for (std::size_t i = 0; i < tested.shape(0); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) tested(i, j) -= mean[j];
  Matrix scores = product(tested, weights);
  for (std::size_t i = 0; i < scores.shape(0); ++i)
    for (std::size_t group = 0; group < shares.size(); ++group) scores(i, group) += shares[group];
  return accuracy_of(scores, halves.second_labels);
}

NeighbourAccuracy nearest_neighbour_accuracy(const Matrix& samples, const Labels& labels,
                                             int groups, std::size_t k) {
  constexpr const char* operation = "nearest_neighbour_accuracy";
  check_samples(operation, samples, 2);
  check_labels(operation, samples, labels, groups);
  check_every_group(operation, labels, groups);
  const std::size_t count = samples.shape(0);
  if (k == 0 || k >= count)
    weft::fail(operation, "k must be at least 1 and below the number of samples",
               "k " + std::to_string(k) + ", " + std::to_string(count) + " samples");
  const Matrix by_feature = xt::transpose(samples);
  std::vector<double> distances(count);
  std::vector<std::size_t> nearest, votes(static_cast<std::size_t>(groups));
  std::vector<double> hits(votes.size()), sizes(votes.size());
  for (std::size_t i = 0; i < count; ++i) {
    distances_from(i, samples, by_feature, distances);
    find_nearest(i, distances, k, nearest);
    const auto group = static_cast<std::size_t>(labels[i]);
    hits[group] += vote(nearest, labels, votes) == labels[i];
    ++sizes[group];
  }
  NeighbourAccuracy result{std::accumulate(hits.begin(), hits.end(), 0.0) /
                               static_cast<double>(count), {}};
  for (std::size_t group = 0; group < hits.size(); ++group)
    result.by_group.push_back(hits[group] / sizes[group]);
  return result;
}

}  // namespace experiment
