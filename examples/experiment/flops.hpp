#pragma once

#include <weft/nn/transformer_config.hpp>

namespace experiment {

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

}  // namespace experiment
