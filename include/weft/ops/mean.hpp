#pragma once

#include <weft/kernels/reduce.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Mean {
  static constexpr const char* name = "mean";
  kernels::AxisView axis;

  void forward(Memory&, auto y, auto x) const {
    if (axis.extent == 0) fail("mean", "the axis must have an element", "extent 0");
    kernels::sum_axis(x.data(), axis, share(x), y.data());
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::sum_axis_backward(y.gradient_data(), axis, share(x), dx.data, dx.write);
  }

 private:
  template <class T>
  T share(const AnyVariable<T>&) const {
    return 1 / static_cast<T>(axis.extent);
  }
};

}  // namespace detail

// The mean of all elements, a scalar. Throws Error where there are none.
template <Operand X>
auto mean(const X& x) {
  return apply<element_of<X>, Shape<>>(detail::Mean{detail::all_elements(any_shape(x))}, 1, x);
}

// The mean over one axis, which disappears: mean<1>(x) of shape (a, b, c) has shape (a, c).
// Throws Error where the axis has no elements.
template <std::size_t Axis, Operand X>
auto mean(const X& x) {
  static_assert(Axis < shape_of<X>::rank, "weft: mean<Axis>(x) needs an x that has this axis");
  using S = detail::without_axis<shape_of<X>, Axis>;
  return apply<element_of<X>, S>(detail::Mean{detail::axis_view(any_shape(x), Axis)},
                                 detail::leading_as<S>(x), x);
}

}  // namespace weft
