#pragma once

#include "bitwise_task.hpp"

#include "../experiment/first_values.hpp"
#include "../experiment/transformer_learner.hpp"

namespace task_vectors {

// A transformer as GPT-2 has it, for prompts of this size.
constexpr weft::nn::TransformerConfig transformer_for(const BitwiseSize& size,
                                                      weft::nn::TransformerConfig config) {
  config.vocabulary = vocabulary;
  config.positions = size.positions();
  return config;
}

// For Preset::make_learner.
template <weft::nn::TransformerConfig Config>
experiment::Learner make_learner(const weft::Random& random, int threads) {
  return experiment::learner_of(
      weft::init<weft::nn::Transformer<Config>>(random, experiment::first_values(Config)), threads);
}

}  // namespace task_vectors
