#pragma once

#include <weft/kernels/reduce.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Sum {
  static constexpr const char* name = "sum";
  kernels::AxisView axis;

  void forward(Memory&, auto y, auto x) const {
    kernels::sum_axis(x.data(), axis, {1}, y.data());
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::sum_axis_backward(y.gradient_data(), axis, {1}, dx.data, dx.write);
  }
};

}  // namespace detail

// The sum of all elements, a scalar.
template <Operand X>
auto sum(const X& x) {
  return apply<element_of<X>, Shape<>>(detail::Sum{detail::all_elements(any_shape(x))}, 1, x);
}

// The sum over one axis, which disappears: sum<1>(x) of shape (a, b, c) has shape (a, c).
template <std::size_t Axis, Operand X>
auto sum(const X& x) {
  static_assert(Axis < shape_of<X>::rank, "weft: sum<Axis>(x) needs an x that has this axis");
  using S = detail::without_axis<shape_of<X>, Axis>;
  return apply<element_of<X>, S>(detail::Sum{detail::axis_view(any_shape(x), Axis)},
                                 detail::leading_as<S>(x), x);
}

}  // namespace weft
