#pragma once

#include <weft/nn/init.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/embedding.hpp>

namespace weft::inline WEFT_TARGET::nn {

// A table of Count vectors: y(i...) = weight(ids(i...)), weight (Count, Width), ids int of any
// shape (...), y (..., Width). Throws Error where an id is not below Count.
//
// Starts as PyTorch's Embedding: N(0, 1).
template <std::size_t Count, std::size_t Width, class T = float>
struct Embedding {
  using element_type = T;

  Parameter<T, Count, Width> weight;

  auto operator()(const auto& ids) const { return embedding(ids, weight); }

  void initialize(const Random& random) { init::normal(1)(weight, random.fork("weight")); }

  void visit(auto&& visitor) { visitor("weight", weight); }
};

}  // namespace weft::nn
