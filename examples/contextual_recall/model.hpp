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
// makes of it has the size of its input (variance 1 / width), and what attention adds is halved.
inline weft::nn::TransformerInit first_values(const weft::nn::TransformerConfig& config) {
  const double deviation = 1 / std::sqrt(static_cast<double>(config.width));
  return {.embedding = 0.5,
          .position = 0.3,
          .query = deviation,
          .key = deviation,
          .value = deviation,
          .attention_output = 0.5 * deviation,
          .unembedding = deviation};
}

// Floating-point operations of the forward pass of a text of config.positions tokens: those of its
// products, where a multiply-add is two and attention is its causal half. Training takes three
// times as many.
constexpr double forward_flops(const weft::nn::TransformerConfig& config) {
  const auto n = static_cast<double>(config.positions), d = static_cast<double>(config.width);
  const double projections = 4 * 2 * n * d * d;            // query, key, value and output
  const double attention = 2 * 2 * (n * (n + 1) / 2) * d;  // scores, values
  const double mlp = config.mlp ? 2 * 2 * n * d * static_cast<double>(config.hidden()) : 0;
  const double unembedding = 2 * n * d * static_cast<double>(config.vocabulary);
  return static_cast<double>(config.layers) * (projections + attention + mlp) + unembedding;
}

}  // namespace contextual_recall
