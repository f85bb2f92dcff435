#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Square {
  static constexpr const char* name = "square";

  void forward(Memory&, auto y, auto x) const { kernels::square(x.size(), x.data(), y.data()); }
  // dx = 2 x dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::square_backward(x.size(), x.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = x^2.
template <Operand X>
auto square(const X& x) {
  return detail::apply_elementwise(detail::Square{}, x);
}

}  // namespace weft
