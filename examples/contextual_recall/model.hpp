#pragma once

#include <weft/nn/transformer.hpp>

#include <cmath>

namespace contextual_recall {

// A transformer of attention and nothing else: no MLP, norm or biases.
constexpr weft::nn::TransformerConfig attention_only(weft::nn::TransformerConfig config) {
  config.mlp = config.norm = config.bias = false;
  return config;
}

// First values. Without norms the residual stream must keep its size by itself: what a matrix
// makes of it has the size of its input (variance 1 / width), and what is added is halved.
inline weft::nn::TransformerInit first_values(const weft::nn::TransformerConfig& config) {
  const double deviation = 1 / std::sqrt(static_cast<double>(config.width));
  return {.embedding = 0.5,
          .position = 0.3,
          .query = deviation,
          .key = deviation,
          .value = deviation,
          .attention_output = 0.5 * deviation,
          .mlp_in = deviation,
          .mlp_out = 0.5 / std::sqrt(static_cast<double>(config.hidden())),
          .unembedding = deviation};
}

}  // namespace contextual_recall
