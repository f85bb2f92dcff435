#pragma once

#include <weft/kernels/activation.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Sigmoid {
  static constexpr const char* name = "sigmoid";

  void forward(Memory&, auto y, auto x) const { kernels::sigmoid(x.size(), x.data(), y.data()); }
  // dx = y (1 - y) dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::sigmoid_backward(x.size(), y.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = 1 / (1 + e^-x).
template <Operand X>
auto sigmoid(const X& x) {
  return detail::apply_elementwise(detail::Sigmoid{}, x);
}

}  // namespace weft
