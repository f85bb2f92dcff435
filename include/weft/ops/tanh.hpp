#pragma once

#include <weft/kernels/activation.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Tanh {
  static constexpr const char* name = "tanh";

  void forward(Memory&, auto y, auto x) const { kernels::tanh(x.size(), x.data(), y.data()); }
  // dx = (1 - y^2) dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::tanh_backward(x.size(), y.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = tanh x.
template <Operand X>
auto tanh(const X& x) {
  return detail::apply_elementwise(detail::Tanh{}, x);
}

}  // namespace weft
