#pragma once

#include "learner.hpp"

#include <vector>

// What similarity to the exemplars of a context says about the query, without any network.

namespace context_vs_weights {

// The label of the exemplar nearest to the query by Euclidean distance; the earlier of two at the
// same distance.
std::vector<int> nearest_labels(const Sequences& sequences);

// The generalised context model: the probability of a label is the share of its exemplars in
//   sum over exemplars j of exp(-sensitivity |query - s_j|).
// Nosofsky 1986, "Attention, similarity, and the identification-categorization relationship", with
// equal attention to all numbers and no bias.
Probabilities context_model(const Sequences& sequences, double sensitivity);

// The sensitivity with which the model is most like given answers: the least mean cross-entropy
// -sum_label answer log(model), to three digits, from 0.01 to 10.
double fit_sensitivity(const Sequences& sequences, const Probabilities& answers);

}  // namespace context_vs_weights
