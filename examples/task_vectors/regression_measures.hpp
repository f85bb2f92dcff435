#pragma once

#include "regression_references.hpp"

#include "../experiment/learner.hpp"
#include "../experiment/principal_components.hpp"

#include <array>
#include <vector>

namespace task_vectors {

// Mean squared errors of predictions by how many examples stood before.
struct Errors {
  std::vector<double> by_examples;
  std::vector<std::vector<double>> by_basis;  // (basis, examples)
};
// predictions: (sequence, pair).
Errors errors_of(const std::vector<double>& predictions, const Sequences& sequences);

// Those of the three ideal observers, to the same sequences.
struct ReferenceErrors {
  Errors oracle, mixture, blind;
};
ReferenceErrors errors_of(const References& references, const Sequences& sequences);

// How far a model has got from regression that knows no bases to that which infers them:
//   (blind - model) / (blind - mixture),
// each the mean error after rank + 1 to dimensions - 1 examples, or after all there are. At most
// about 1; below 0 for a model that is worse than blind regression.
double basis_score(const RegressionSize& size, const std::vector<double>& model,
                   const std::vector<double>& mixture, const std::vector<double>& blind);

// The mean of (a - y)^2 - (b - y)^2 over the sequences after each number of examples, in standard
// errors of that mean; 0 where a and b never differ.
std::vector<double> error_differences(const std::vector<double>& a, const std::vector<double>& b,
                                      const Sequences& sequences);

// What is read off the residual stream after each layer at the x of the last pair, where its y is
// predicted, and, where tokens are interleaved, at that y.
struct BasisDecodability {
  std::vector<std::vector<double>> mean;  // (layer, token)

  // The layer with the greatest value at the last x, counted from 0.
  std::size_t best_layer() const;
};

// The tokens that it is read at: the last x, and y.
std::vector<std::size_t> decoded_positions(const RegressionSize& size);
// By nearest neighbours, as decodability() of measures.hpp.
BasisDecodability basis_decodability(const experiment::Activations& states,
                                     const Sequences& sequences, int threads);

// The same at the last x for the sequences of each basis, (layer, basis).
std::vector<std::vector<double>> decodability_by_basis(const experiment::Activations& states,
                                                       const Sequences& sequences, int threads);

// Of overlapping bases, which lie in two halves of the coordinates: how far the half can be read
// off the states, and the basis off those of either half alone, (layer, token).
struct HalvesDecodability {
  std::vector<std::vector<double>> between, within_first, within_last;
};
HalvesDecodability halves_decodability(const experiment::Activations& states,
                                       const Sequences& sequences, int threads);

// The first two principal components of the states at the last x, (layer, sequence).
std::vector<std::vector<std::array<double, 2>>> components_of(
    const experiment::Activations& states);

}  // namespace task_vectors
