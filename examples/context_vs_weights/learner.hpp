#pragma once

#include "classifier.hpp"

#include "../experiment/learner.hpp"

#include <array>

namespace context_vs_weights {

using Training = experiment::TrainingOn<Sequences>;

// Probabilities of the labels of queries, (sequence, class).
using Probabilities = std::vector<std::array<double, static_cast<std::size_t>(classes)>>;

// How much the last token looks at each other, (sequence, layer, head, token).
struct QueryAttention {
  std::size_t layers, heads, tokens;
  std::vector<float> weights;

  float at(std::size_t sequence, std::size_t layer, std::size_t head, std::size_t token) const {
    return weights[((sequence * layers + layer) * heads + head) * tokens + token];
  }
};

// What the experiments ask of a model, whatever its size; see experiment::Learner.
struct Learner {
  std::function<weft::TrainingState(const Training&)> train;
  // With some of what the model computes changed.
  std::function<Probabilities(const Sequences&, const weft::Edit<float>&)> answer_with;
  std::function<Probabilities(const Sequences&)> answer;
  std::function<QueryAttention(const Sequences&)> attention;
  std::function<void(const std::string& path)> save, load;
  ClassifierConfig config;
  std::size_t parameters = 0;
};

}  // namespace context_vs_weights
