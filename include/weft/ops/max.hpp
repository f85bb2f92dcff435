#pragma once

#include <weft/kernels/reduce.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Max {
  static constexpr const char* name = "max";
  kernels::AxisView axis;

  void forward(Memory&, auto y, auto x) const {
    if (axis.extent == 0) fail("max", "the axis must have an element", "extent 0");
    kernels::max_axis(x.data(), axis, y.data());
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target_of_zeros())
      kernels::max_axis_backward(x.data(), y.data(), y.gradient_data(), axis, dx.data);
  }
};

}  // namespace detail

// The greatest element along one axis, which disappears: max<1>(x) of shape (a, b, c) has shape
// (a, c). NaN counts as the greatest. The gradient goes to the first of equally great elements.
// Throws Error where the axis has no elements.
template <std::size_t Axis, Operand X>
auto max(const X& x) {
  static_assert(Axis < shape_of<X>::rank, "weft: max<Axis>(x) needs an x that has this axis");
  using S = detail::without_axis<shape_of<X>, Axis>;
  return apply<element_of<X>, S>(detail::Max{detail::axis_view(any_shape(x), Axis)},
                                 detail::leading_as<S>(x), x);
}

}  // namespace weft
