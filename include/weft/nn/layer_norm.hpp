#pragma once

#include <weft/nn/init.hpp>
#include <weft/nn/optional.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/layer_norm.hpp>

namespace weft::inline WEFT_TARGET::nn {

// Every row with mean 0 and variance 1, times weight, plus bias: x (..., Width), weight and bias
// (Width). Starts with a weight of ones and a bias of zeros.
template <std::size_t Width, bool Bias = true, class T = float>
struct LayerNorm {
  using element_type = T;

  Parameter<T, Width> weight;
  [[no_unique_address]] Optional<Bias, Parameter<T, Width>> bias;
  double epsilon = 1e-5;

  auto operator()(const auto& x) const {
    if constexpr (Bias) return layer_norm(x, weight, bias, epsilon);
    else return layer_norm(x, weight, epsilon);
  }

  void initialize(const Random&) {
    weight.value.fill(1);
    if constexpr (Bias) bias.value.fill(0);
  }

  void visit(auto&& visitor) {
    visitor("weight", weight);
    visitor("bias", bias);
  }
};

}  // namespace weft::nn
