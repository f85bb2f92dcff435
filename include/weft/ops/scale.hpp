#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T>
struct Scale {
  static constexpr const char* name = "scale";

  T factor;

  void forward(Memory&, auto y, auto x) const {
    kernels::scale(x.size(), factor, x.data(), y.data());
  }
  // dx = factor dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::scale(x.size(), factor, y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = factor x, with a number that is not differentiated.
template <Operand X>
auto scale(const X& x, element_of<X> factor) {
  return detail::apply_elementwise(detail::Scale<element_of<X>>{factor}, x);
}

template <Operand X>
auto operator*(const X& x, element_of<X> factor) {
  return scale(x, factor);
}
template <Operand X>
auto operator*(element_of<X> factor, const X& x) {
  return scale(x, factor);
}

}  // namespace weft
