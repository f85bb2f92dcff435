#include "measures.hpp"

#include <algorithm>
#include <numeric>

namespace context_vs_weights {

std::vector<int> most_likely(const Probabilities& probabilities) {
  std::vector<int> result;
  for (const auto& row : probabilities)
    result.push_back(static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()));
  return result;
}

double accuracy_of(const std::vector<int>& answers, const Sequences& sequences) {
  double right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == sequences.targets[i];
  return right / static_cast<double>(answers.size());
}

Shares shares_of(const std::vector<int>& answers, const Sequences& sequences) {
  Shares shares;
  const double each = 1 / static_cast<double>(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Labels& labels = sequences.classes[i];
    double& share = answers[i] == labels[1]   ? shares.rule
                    : answers[i] == labels[0] ? shares.exemplar
                                              : shares.other;
    share += each;
  }
  shares.rule_probability = shares.rule;
  return shares;
}

Shares shares_of(const Probabilities& answers, const Sequences& sequences) {
  Shares shares = shares_of(most_likely(answers), sequences);
  shares.rule_probability = map_of(answers, sequences, 1)[0];
  return shares;
}

Shares mean_of(const std::vector<Shares>& several) {
  Shares mean;
  const double each = 1 / static_cast<double>(several.size());
  for (const Shares& one : several) {
    mean.rule += each * one.rule;
    mean.exemplar += each * one.exemplar;
    mean.other += each * one.other;
    mean.rule_probability += each * one.rule_probability;
  }
  return mean;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<double> map_of(const Probabilities& answers, const Sequences& sequences,
                           std::size_t queries) {
  std::vector<double> map(queries);
  for (std::size_t i = 0; i < answers.size(); ++i)
    map[i % queries] += answers[i][static_cast<std::size_t>(sequences.classes[i][1])];
  for (double& sum : map) sum *= static_cast<double>(queries) / static_cast<double>(answers.size());
  return map;
}

nlohmann::ordered_json json_of(const Shares& shares) {
  return {{"rule", shares.rule},
          {"exemplar", shares.exemplar},
          {"other", shares.other},
          {"rule_probability", shares.rule_probability}};
}

}  // namespace context_vs_weights
