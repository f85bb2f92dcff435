#include "regression_references.hpp"

#include <algorithm>
#include <cmath>

namespace task_vectors {

namespace {

// The posterior of the weights of some coordinates, in units in which they have a variance of 1.
class Posterior {
 public:
  explicit Posterior(std::vector<std::size_t> coordinates)
      : coordinates_(std::move(coordinates)),
        mean_(coordinates_.size()),
        gain_(coordinates_.size()),
        covariance_(coordinates_.size() * coordinates_.size()) {
    for (std::size_t i = 0; i < size(); ++i) covariance_[i * size() + i] = 1;
  }

  double predict(const float* x) const {
    double sum = 0;
    for (std::size_t i = 0; i < size(); ++i) sum += mean_[i] * at(x, i);
    return sum;
  }

  // Takes a pair in, and returns the logarithm of the density that y had.
  double observe(const float* x, double y) {
    double variance = noise * noise;
    for (std::size_t i = 0; i < size(); ++i) {
      gain_[i] = 0;
      for (std::size_t j = 0; j < size(); ++j)
        gain_[i] += covariance_[i * size() + j] * at(x, j);
      variance += gain_[i] * at(x, i);
    }
    const double surprise = y - predict(x);
    for (std::size_t i = 0; i < size(); ++i) {
      mean_[i] += gain_[i] * surprise / variance;
      for (std::size_t j = 0; j < size(); ++j)
        covariance_[i * size() + j] -= gain_[i] * gain_[j] / variance;
    }
    constexpr double two_pi = 6.28318530717958648;
    return -(std::log(two_pi * variance) + surprise * surprise / variance) / 2;
  }

 private:
  std::size_t size() const { return coordinates_.size(); }
  double at(const float* x, std::size_t i) const {
    return static_cast<double>(x[coordinates_[i]]);
  }

  std::vector<std::size_t> coordinates_;
  std::vector<double> mean_, gain_, covariance_;
};

// The mean of the predictions, weighted by exp(evidence).
double weighted_mean(const std::vector<double>& predictions, const std::vector<double>& evidence) {
  const double greatest = *std::max_element(evidence.begin(), evidence.end());
  double sum = 0, weights = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const double weight = std::exp(evidence[i] - greatest);
    sum += weight * predictions[i];
    weights += weight;
  }
  return sum / weights;
}

}  // namespace

References reference_predictions(const Sequences& sequences) {
  const RegressionSize& size = sequences.size;
  const auto bases = bases_of(size);
  std::vector<std::size_t> all(size.dimensions);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const double scale = std::sqrt(static_cast<double>(size.rank));
  References result;
  for (std::size_t i = 0; i < sequences.count(); ++i) {
    Posterior blind(all);
    std::vector<Posterior> posteriors(bases.begin(), bases.end());
    std::vector<double> predictions(bases.size()), evidence(bases.size());
    for (std::size_t pair = 0; pair < size.pairs; ++pair) {
      const std::size_t index = i * size.pairs + pair;
      const float* x = sequences.x.data() + index * size.dimensions;
      const double y = scale * static_cast<double>(sequences.y[index]);
      for (std::size_t k = 0; k < bases.size(); ++k) predictions[k] = posteriors[k].predict(x);
      result.oracle.push_back(predictions[static_cast<std::size_t>(sequences.bases[i])] / scale);
      result.mixture.push_back(weighted_mean(predictions, evidence) / scale);
      result.blind.push_back(blind.predict(x) / scale);
      for (std::size_t k = 0; k < bases.size(); ++k) evidence[k] += posteriors[k].observe(x, y);
      blind.observe(x, y);
    }
  }
  return result;
}

}  // namespace task_vectors
