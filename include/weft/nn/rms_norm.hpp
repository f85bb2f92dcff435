#pragma once

#include <weft/nn/init.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/rms_norm.hpp>

namespace weft::inline WEFT_TARGET::nn {

// Every row with mean square 1, times weight: x (..., Width), weight (Width). Starts with a weight
// of ones.
template <std::size_t Width, class T = float>
struct RMSNorm {
  using element_type = T;

  Parameter<T, Width> weight;
  double epsilon = 1e-5;

  auto operator()(const auto& x) const { return rms_norm(x, weight, epsilon); }

  void initialize(const Random&) { weight.value.fill(1); }

  void visit(auto&& visitor) { visitor("weight", weight); }
};

}  // namespace weft::nn
