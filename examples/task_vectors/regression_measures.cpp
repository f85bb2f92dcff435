#include "regression_measures.hpp"

#include "measures.hpp"

#include "../experiment/statistics.hpp"
#include "../experiment/probes.hpp"

#include <weft/core/parallel.hpp>

#include <algorithm>

namespace task_vectors {

namespace {

double squared_error(const std::vector<double>& predictions, const Sequences& sequences,
                     std::size_t index) {
  const double error = predictions[index] - static_cast<double>(sequences.y[index]);
  return error * error;
}

// How far labels 0, ..., groups - 1 can be read off the states, (layer, token).
std::vector<std::vector<experiment::NeighbourAccuracy>> token_decodability(
    const experiment::Activations& states, const std::vector<int>& labels, std::size_t groups,
    int threads) {
  std::vector<std::vector<experiment::NeighbourAccuracy>> result(
      states.layers, std::vector<experiment::NeighbourAccuracy>(states.positions));
  weft::parallel_for(states.layers * states.positions, threads, [&](std::size_t i, int) {
    const std::size_t layer = i / states.positions, token = i % states.positions;
    result[layer][token] =
        experiment::nearest_neighbour_accuracy(samples_of(states, layer, token), labels,
                                               static_cast<int>(groups), neighbours);
  });
  return result;
}

// Over all samples, (layer, token).
std::vector<std::vector<double>> overall_decodability(const experiment::Activations& states,
                                                      const std::vector<int>& labels,
                                                      std::size_t groups, int threads) {
  std::vector<std::vector<double>> result;
  for (const auto& layer : token_decodability(states, labels, groups, threads)) {
    result.emplace_back();
    for (const experiment::NeighbourAccuracy& token : layer)
      result.back().push_back(token.overall);
  }
  return result;
}

}  // namespace

Errors errors_of(const std::vector<double>& predictions, const Sequences& sequences) {
  const std::size_t pairs = sequences.size.pairs, bases = sequences.size.bases;
  Errors errors{std::vector<double>(pairs),
                std::vector<std::vector<double>>(bases, std::vector<double>(pairs))};
  std::vector<double> counts(bases);
  for (std::size_t i = 0; i < sequences.count(); ++i) {
    const auto basis = static_cast<std::size_t>(sequences.bases[i]);
    ++counts[basis];
    for (std::size_t n = 0; n < pairs; ++n) {
      const double error = squared_error(predictions, sequences, i * pairs + n);
      errors.by_examples[n] += error / static_cast<double>(sequences.count());
      errors.by_basis[basis][n] += error;
    }
  }
  for (std::size_t basis = 0; basis < bases; ++basis)
    for (double& sum : errors.by_basis[basis]) sum /= std::max(counts[basis], 1.0);
  return errors;
}

ReferenceErrors errors_of(const References& references, const Sequences& sequences) {
  return {errors_of(references.oracle, sequences), errors_of(references.mixture, sequences),
          errors_of(references.blind, sequences)};
}

double basis_score(const RegressionSize& size, const std::vector<double>& model,
                   const std::vector<double>& mixture, const std::vector<double>& blind) {
  double gained = 0, gap = 0;
  for (std::size_t n = size.rank + 1; n < std::min(size.dimensions, size.pairs); ++n) {
    gained += blind[n] - model[n];
    gap += blind[n] - mixture[n];
  }
  return gained / gap;
}

std::vector<double> error_differences(const std::vector<double>& a, const std::vector<double>& b,
                                      const Sequences& sequences) {
  const std::size_t pairs = sequences.size.pairs;
  std::vector<double> result;
  for (std::size_t n = 0; n < pairs; ++n) {
    std::vector<double> differences;
    for (std::size_t i = n; i < sequences.y.size(); i += pairs)
      differences.push_back(squared_error(a, sequences, i) - squared_error(b, sequences, i));
    result.push_back(experiment::mean_in_errors(differences));
  }
  return result;
}

std::size_t BasisDecodability::best_layer() const {
  const auto best = std::max_element(mean.begin(), mean.end(), [](const auto& a, const auto& b) {
    return a.front() < b.front();
  });
  return static_cast<std::size_t>(best - mean.begin());
}

std::vector<std::size_t> decoded_positions(const RegressionSize& size) {
  const std::size_t x = size.prediction_of(size.pairs - 1);
  if (size.format == Format::packed) return {x};
  return {x, x + 1};
}

BasisDecodability basis_decodability(const experiment::Activations& states,
                                     const Sequences& sequences, int threads) {
  return {overall_decodability(states, sequences.bases, sequences.size.bases, threads)};
}

std::vector<std::vector<double>> decodability_by_basis(const experiment::Activations& states,
                                                       const Sequences& sequences, int threads) {
  std::vector<std::vector<double>> result;
  for (const auto& layer :
       token_decodability(states, sequences.bases, sequences.size.bases, threads))
    result.push_back(layer.front().by_group);
  return result;
}

HalvesDecodability halves_decodability(const experiment::Activations& states,
                                       const Sequences& sequences, int threads) {
  const std::size_t in_half = sequences.size.bases / 2;
  const std::size_t row_size = states.layers * states.positions * states.width;
  std::array<experiment::Activations, 2> of_half;
  std::array<std::vector<int>, 2> bases;
  std::vector<int> halves;
  for (experiment::Activations& one : of_half)
    one = {0, states.layers, states.positions, states.width, {}, {}};
  for (std::size_t row = 0; row < states.rows; ++row) {
    const auto basis = static_cast<std::size_t>(sequences.bases[row]), half = basis / in_half;
    const auto begin = states.residual.begin() + static_cast<std::ptrdiff_t>(row * row_size);
    of_half[half].residual.insert(of_half[half].residual.end(), begin,
                                  begin + static_cast<std::ptrdiff_t>(row_size));
    ++of_half[half].rows;
    bases[half].push_back(static_cast<int>(basis % in_half));
    halves.push_back(static_cast<int>(half));
  }
  return {overall_decodability(states, halves, 2, threads),
          overall_decodability(of_half[0], bases[0], in_half, threads),
          overall_decodability(of_half[1], bases[1], in_half, threads)};
}

std::vector<std::vector<std::array<double, 2>>> components_of(
    const experiment::Activations& states) {
  std::vector<std::vector<std::array<double, 2>>> result;
  for (std::size_t layer = 0; layer < states.layers; ++layer) {
    const experiment::Matrix samples = samples_of(states, layer, 0);
    const auto projected = experiment::principal_components(samples).project(samples, 2);
    result.emplace_back();
    for (std::size_t i = 0; i < projected.shape(0); ++i)
      result.back().push_back({projected(i, 0), projected(i, 1)});
  }
  return result;
}

}  // namespace task_vectors
