#pragma once

#include <weft/nn/transformer.hpp>

#include <cmath>

namespace experiment {

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

}  // namespace experiment
