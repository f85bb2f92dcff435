#pragma once

#include "learner.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace context_vs_weights {

// Labels with the greatest probability.
std::vector<int> most_likely(const Probabilities& probabilities);

// Share of answers that are the target.
double accuracy_of(const std::vector<int>& answers, const Sequences& sequences);

// How queries of BX are answered: with the label of BW, as the rule has it that the first feature
// decides; with that of AX, which has the other feature in common; or with neither. Shares of
// answers, and the mean probability of the rule's label.
struct Shares {
  double rule = 0, exemplar = 0, other = 0;
  double rule_probability = 0;
};
Shares shares_of(const Probabilities& answers, const Sequences& sequences);
Shares shares_of(const std::vector<int>& answers, const Sequences& sequences);

// The same numbers averaged.
Shares mean_of(const std::vector<Shares>& several);

double mean_of(const std::vector<double>& values);
double median_of(std::vector<double> values);

// Mean probability of the rule's label by query, (query), over sequences whose queries repeat in
// this number: those of with_blended_queries().
std::vector<double> map_of(const Probabilities& answers, const Sequences& sequences,
                           std::size_t queries);

nlohmann::ordered_json json_of(const Shares& shares);

}  // namespace context_vs_weights
