#pragma once

#include <weft/nn/init.hpp>
#include <weft/nn/optional.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/linear.hpp>

namespace weft::inline WEFT_TARGET::nn {

// y = x W + b for every row: x (..., In), weight (In, Out), bias (Out), y (..., Out).
//
// Starts as PyTorch's Linear: weight and bias from U(-1 / sqrt(In), 1 / sqrt(In)).
template <std::size_t In, std::size_t Out, bool Bias = true, class T = float>
struct Linear {
  using element_type = T;

  Parameter<T, In, Out> weight;
  [[no_unique_address]] Optional<Bias, Parameter<T, Out>> bias;

  auto operator()(const auto& x) const {
    if constexpr (Bias) return linear(x, weight, bias);
    else return linear(x, weight);
  }

  void initialize(const Random& random) {
    const double bound = 1 / std::sqrt(static_cast<double>(In));
    init::uniform(-bound, bound)(weight, random.fork("weight"));
    if constexpr (Bias) init::uniform(-bound, bound)(bias, random.fork("bias"));
  }

  void visit(auto&& visitor) {
    visitor("weight", weight);
    visitor("bias", bias);
  }
};

}  // namespace weft::nn
