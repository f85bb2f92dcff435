#pragma once

#include "learner.hpp"
#include "model.hpp"

#include "../experiment/transformer_learner.hpp"

namespace contextual_recall {

// For Preset::make_learner.
template <weft::nn::TransformerConfig Config>
Learner make_transformer_learner(const weft::Random& random, int threads) {
  return experiment::learner_of(
      weft::init<weft::nn::Transformer<Config>>(random, first_values(Config)), threads);
}

}  // namespace contextual_recall
