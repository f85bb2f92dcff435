#pragma once

#include "bitwise_task.hpp"

#include "../experiment/transformer_learner.hpp"

#include <cmath>

namespace task_vectors {

// A transformer as GPT-2 has it, for prompts of this size.
constexpr weft::nn::TransformerConfig transformer_for(const BitwiseSize& size,
                                                      weft::nn::TransformerConfig config) {
  config.vocabulary = vocabulary;
  config.positions = size.positions();
  return config;
}

// First values. GPT-2's deviation of 0.02 is meant for widths of 768 and more; in a narrow model it
// leaves the attention blind for thousands of steps. So each matrix keeps the size of what it reads
// (variance 1 / inputs), and what is added to the residual stream is divided by sqrt(2 layers), as
// GPT-2 has it.
inline weft::nn::TransformerInit first_values(const weft::nn::TransformerConfig& config) {
  const double deviation = 1 / std::sqrt(static_cast<double>(config.width));
  const double addition = 1 / std::sqrt(2 * static_cast<double>(config.layers));
  return {.embedding = 0.1,
          .position = 0.1,
          .query = deviation,
          .key = deviation,
          .value = deviation,
          .attention_output = addition * deviation,
          .mlp_in = deviation,
          .mlp_out = addition / std::sqrt(static_cast<double>(config.hidden())),
          .unembedding = 0.02};
}

// For Preset::make_learner.
template <weft::nn::TransformerConfig Config>
experiment::Learner make_learner(const weft::Random& random, int threads) {
  return experiment::learner_of(
      weft::init<weft::nn::Transformer<Config>>(random, first_values(Config)), threads);
}

}  // namespace task_vectors
