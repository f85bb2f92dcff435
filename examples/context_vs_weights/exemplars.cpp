#include "exemplars.hpp"

#include <algorithm>
#include <cmath>

namespace context_vs_weights {

namespace {

double distance(const float* a, const float* b) {
  double sum = 0;
  for (std::size_t i = 0; i < stimulus_size; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

// From the query to each item of its context.
std::vector<double> distances_in(const Sequences& sequences, std::size_t sequence) {
  std::vector<double> result;
  const std::size_t query = sequences.items - 1;
  for (std::size_t item = 0; item < query; ++item)
    result.push_back(
        distance(sequences.stimulus(sequence, query), sequences.stimulus(sequence, item)));
  return result;
}

std::size_t label_at(const Sequences& sequences, std::size_t sequence, std::size_t item) {
  return static_cast<std::size_t>(sequences.labels[sequence * sequences.items + item]);
}

// Logarithms of the model's probabilities, so that none of them is zero.
Probabilities log_probabilities(const Sequences& sequences,
                                const std::vector<std::vector<double>>& distances,
                                double sensitivity) {
  Probabilities result(sequences.count());
  for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence) {
    const std::vector<double>& to = distances[sequence];
    const double least = *std::min_element(to.begin(), to.end());
    auto& shares = result[sequence];
    shares.fill(1e-300);
    double sum = 0;
    for (std::size_t item = 0; item < to.size(); ++item) {
      const double similarity = std::exp(-sensitivity * (to[item] - least));
      shares[label_at(sequences, sequence, item)] += similarity;
      sum += similarity;
    }
    for (double& share : shares) share = std::log(share / sum);
  }
  return result;
}

std::vector<std::vector<double>> all_distances(const Sequences& sequences) {
  std::vector<std::vector<double>> result;
  for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence)
    result.push_back(distances_in(sequences, sequence));
  return result;
}

}  // namespace

std::vector<int> nearest_labels(const Sequences& sequences) {
  std::vector<int> result;
  for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence) {
    const std::vector<double> to = distances_in(sequences, sequence);
    const auto nearest = std::min_element(to.begin(), to.end()) - to.begin();
    result.push_back(
        static_cast<int>(label_at(sequences, sequence, static_cast<std::size_t>(nearest))));
  }
  return result;
}

Probabilities context_model(const Sequences& sequences, double sensitivity) {
  Probabilities result = log_probabilities(sequences, all_distances(sequences), sensitivity);
  for (auto& shares : result)
    for (double& share : shares) share = std::exp(share);
  return result;
}

double fit_sensitivity(const Sequences& sequences, const Probabilities& answers) {
  const auto distances = all_distances(sequences);
  const auto cross_entropy = [&](double sensitivity) {
    const Probabilities model = log_probabilities(sequences, distances, sensitivity);
    double sum = 0;
    for (std::size_t i = 0; i < model.size(); ++i)
      for (std::size_t label = 0; label < model[i].size(); ++label)
        sum -= answers[i][label] * model[i][label];
    return sum;
  };
  // The cross-entropy has one minimum over the logarithm, found by golden sections.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(0.01), high = std::log(10.0);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = cross_entropy(std::exp(a)), at_b = cross_entropy(std::exp(b));
  while (high - low > 1e-3) {
    if (at_a < at_b) {
      high = b, b = a, at_b = at_a;
      at_a = cross_entropy(std::exp(a = high - golden * (high - low)));
    } else {
      low = a, a = b, at_a = at_b;
      at_b = cross_entropy(std::exp(b = low + golden * (high - low)));
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace context_vs_weights
