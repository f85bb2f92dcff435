#pragma once

#include "bitwise_task.hpp"

#include "../experiment/samples.hpp"

#include <string>
#include <vector>

namespace task_vectors {

// Whether each answer is right in all its bits, (prompt, block). A bit is predicted from the right
// bits before it, so this is what greedy decoding would give.
using Hits = std::vector<char>;

// Of a model's most likely next tokens, (prompt, position).
Hits hits_of(const std::vector<int>& predicted, const Prompts& prompts);
// Of the ideal observer.
Hits bayes_hits(const Prompts& prompts);

// Shares of right answers by how many examples stood before.
struct Accuracy {
  std::vector<double> by_shots;                // over all operators but null
  std::vector<std::vector<double>> by_task;    // (operator, shots)
};
Accuracy accuracy_of(const Hits& hits, const Prompts& prompts);

// Mean of a - b over the prompts for each number of shots, in standard errors of that mean.
// 0 where a and b never differ.
std::vector<double> differences_in_errors(const Hits& a, const Hits& b, const Prompts& prompts);

// Task decodability, TD: how far the operator can be read off the residual stream at '=', after
// each layer. Han et al. 2024, arXiv 2412.12276, section 4; see nearest_neighbour_accuracy().
struct Decodability {
  std::vector<std::vector<double>> mean;                  // (layer, shots)
  std::vector<std::vector<std::vector<double>>> by_task;  // (layer, shots, operator)

  // The layer with the greatest value for the most shots, counted from 0.
  std::size_t best_layer() const;
};

inline constexpr std::size_t neighbours = 10;

// At '=' of each block; each operator must have more than neighbours prompts.
experiment::Activations states_of(const experiment::Learner& learner, const Prompts& prompts);
// Of those states, on this many threads.
Decodability decodability(const experiment::Activations& states, const Prompts& prompts,
                          int threads);
// The mean of several, for less noise.
Decodability mean_of(const std::vector<Decodability>& several);

// The same for the number of ones in the answers so far and nothing else, by shots: operators give
// different numbers of ones, and a model can tell some of them apart by that alone.
std::vector<double> decodability_of_ones(const Prompts& prompts);

// One layer and position of the states, (prompt, feature).
experiment::Matrix samples_of(const experiment::Activations& states, std::size_t layer,
                              std::size_t position);

}  // namespace task_vectors
