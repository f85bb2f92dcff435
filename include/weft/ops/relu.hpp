#pragma once

#include <weft/kernels/activation.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Relu {
  static constexpr const char* name = "relu";

  void forward(Memory&, auto y, auto x) const { kernels::relu(x.size(), x.data(), y.data()); }
  // dx = dy where x > 0, else 0
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::relu_backward(x.size(), x.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = max(x, 0).
template <Operand X>
auto relu(const X& x) {
  return detail::apply_elementwise(detail::Relu{}, x);
}

}  // namespace weft
