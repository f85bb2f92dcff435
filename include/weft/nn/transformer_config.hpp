#pragma once

#include <weft/core/config.hpp>

#include <cstddef>

namespace weft::inline WEFT_TARGET::nn {

// How a transformer knows where a token stands.
enum class Positions { learned, sinusoidal, none };

// The sizes and parts of a transformer, as a template argument:
//
//   nn::Transformer<{.vocabulary = 160, .positions = 24, .width = 64, .heads = 4, .layers = 2}>
struct TransformerConfig {
  std::size_t vocabulary = 0;
  std::size_t positions = 0;  // longest sequence
  std::size_t width = 0;      // of the residual stream
  std::size_t heads = 0;
  std::size_t layers = 0;
  bool mlp = true;
  bool norm = true;
  bool bias = true;  // of the linear maps and norms; the unembedding has none
  Positions position_encoding = Positions::learned;
  bool tied = false;          // the unembedding is the embedding, transposed
  std::size_t mlp_width = 0;  // features inside the MLP; 0 means 4 width

  constexpr std::size_t hidden() const { return mlp_width > 0 ? mlp_width : 4 * width; }

  bool operator==(const TransformerConfig&) const = default;
};

}  // namespace weft::nn
