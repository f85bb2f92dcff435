#pragma once

#include "../classifier_learner.hpp"

// The models that only sweeps need: those of the preset default or, where stimulus and label are
// interleaved, of the preset paper, but for one thing. Each is defined in model_<name>.cpp.

namespace context_vs_weights {

Learner make_one_layer(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_four_layers(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_eight_layers(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_for_eight_exemplars(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_for_sixteen_exemplars(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_two_layers_interleaved(const weft::Random& random, const weft::LaneOptions& lanes);
Learner make_four_layers_interleaved(const weft::Random& random, const weft::LaneOptions& lanes);

constexpr ClassifierConfig with_layers(std::size_t layers) {
  return {.items = SequenceSize{}.items(), .width = 64, .heads = 4, .layers = layers};
}

constexpr ClassifierConfig for_exemplars(std::size_t exemplars) {
  return {.items = SequenceSize{.exemplars = exemplars}.items(),
          .width = 64,
          .heads = 4,
          .layers = 2};
}

constexpr ClassifierConfig interleaved(std::size_t layers) {
  return {.items = SequenceSize{}.items(),
          .width = 64,
          .heads = 8,
          .layers = layers,
          .form = TokenForm::interleaved,
          .position_encoding = weft::nn::Positions::sinusoidal};
}

}  // namespace context_vs_weights
