#pragma once

#include "../learner.hpp"
#include "../transformer_learner.hpp"
#include "../worlds.hpp"

// The models that only sweeps need. Each is defined in model_<name>.cpp.

namespace contextual_recall {

Learner make_two_types(const weft::Random& random, int threads);
Learner make_eight_types(const weft::Random& random, int threads);
Learner make_one_layer(const weft::Random& random, int threads);
Learner make_four_layers(const weft::Random& random, int threads);
Learner make_with_norm(const weft::Random& random, int threads);
Learner make_with_mlp(const weft::Random& random, int threads);
Learner make_with_norm_and_mlp(const weft::Random& random, int threads);

inline constexpr WorldSize world_of_two_types{.types = 2};
inline constexpr WorldSize world_of_eight_types{.types = 8};

// The model of the preset default for a world.
constexpr weft::nn::TransformerConfig model_for(const WorldSize& world, std::size_t layers = 2) {
  return attention_only({.vocabulary = world.vocabulary(),
                         .positions = world.positions(),
                         .width = 64,
                         .heads = 4,
                         .layers = layers});
}

// The same, with parts.
constexpr weft::nn::TransformerConfig model_with(bool norm, bool mlp) {
  weft::nn::TransformerConfig config = model_for(default_world);
  config.norm = norm;
  config.mlp = mlp;
  return config;
}

}  // namespace contextual_recall
