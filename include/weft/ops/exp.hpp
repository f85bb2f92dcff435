#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Exp {
  static constexpr const char* name = "exp";

  void forward(Memory&, auto y, auto x) const { kernels::exp(x.size(), x.data(), y.data()); }
  // dx = y dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::multiply(1, x.size(), y.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = e^x.
template <Operand X>
auto exp(const X& x) {
  return detail::apply_elementwise(detail::Exp{}, x);
}

}  // namespace weft
