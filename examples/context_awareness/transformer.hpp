#pragma once

#include "task.hpp"

#include "../experiment/first_values.hpp"
#include "../experiment/transformer_learner.hpp"

namespace context_awareness {

// A transformer as GPT-2 has it, but with its output not tied, for texts of this size.
constexpr weft::nn::TransformerConfig transformer_for(const TaskSize& size,
                                                      weft::nn::TransformerConfig config) {
  config.vocabulary = size.vocabulary();
  config.positions = size.positions();
  return config;
}

// For Preset::make_learner. Tokens and positions start large enough to be told apart at once: with
// deviations of 0.1 looking up had not emerged after 1,500 steps.
template <weft::nn::TransformerConfig Config>
experiment::Learner make_learner(const weft::Random& random, int threads) {
  weft::nn::TransformerInit first_values = experiment::first_values(Config);
  first_values.embedding = first_values.position = 0.5;
  return experiment::learner_of(weft::init<weft::nn::Transformer<Config>>(random, first_values),
                                threads);
}

}  // namespace context_awareness
