#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Scale {
  static constexpr const char* name = "scale";

  double factor;

  void forward(Memory&, auto y, auto x) const {
    kernels::scale(x.size(), factor_of(x), x.data(), y.data());
  }
  // dx = factor dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::scale(x.size(), factor_of(x), y.gradient_data(), dx.data, dx.write);
  }

 private:
  template <class X>
  element_of<X> factor_of(const X&) const {
    return static_cast<element_of<X>>(factor);
  }
};

}  // namespace detail

// y = factor x, with a number that is not differentiated.
template <Operand X>
auto scale(const X& x, element_of<X> factor) {
  return detail::apply_elementwise(detail::Scale{static_cast<double>(factor)}, x);
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
