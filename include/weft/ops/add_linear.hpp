#pragma once

#include <weft/ops/add.hpp>
#include <weft/ops/linear.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct AddLinear {
  static constexpr const char* name = "add_linear";
  Linear linear;

  // A sum of several blocks is added up before a joins it, as in a + linear(x, weight).
  void forward(Memory& memory, auto y, auto a, auto x, auto weight) const {
    if (linear.in <= kernels::detail::inner_block) {
      linear.forward_added(memory, y, x, weight, a.data(), linear.out);
    } else {
      linear.forward(memory, y, x, weight);
      kernels::add(1, y.size(), a.data(), y.data(), y.data());
    }
  }
  // da = dy, and for x and W as in linear.
  void backward(auto y, auto a, auto x, auto weight) const {
    linear.backward(y, x, weight);
    pass_gradient(y, a);
  }
};

}  // namespace detail

// y = a + x W, for every row of x: what a layer adds to a residual stream. The bits are those of
// a + linear(x, weight); up to 256 features of x, that product is never in memory by itself.
//
// x (..., in), weight (in, out), a and y (..., out); x has one to four axes.
// Throws Error where leading extents known at run time differ.
template <Operand A, Operand X, Operand Weight>
auto add_linear(const A& a, const X& x, const Weight& weight) {
  using S = shape_of<X>;
  using W = shape_of<Weight>;
  constexpr bool fits_linear = detail::fit_linear<S, W>;
  static_assert(fits_linear,
                "weft: add_linear(a, x, weight) needs x of shape (..., in) and weight (in, out)");
  static_assert(same_real_elements<A, X, Weight>,
                "weft: add_linear needs elements of float in a, x and weight, or of double");
  if constexpr (fits_linear && same_real_elements<A, X, Weight>) {
    using Y = decltype(detail::with_features<S, W::last>(std::make_index_sequence<S::rank>{}));
    constexpr bool fits = compatible<shape_of<A>, Y>;
    static_assert(fits, "weft: add_linear(a, x, weight) needs an a of the shape of x W");
    if constexpr (fits) {
      if (S::rank > 1 && leading_of(a) != leading_of(x))
        fail("add_linear", "a must have the leading extent of x",
             std::to_string(leading_of(a)) + " and " + std::to_string(leading_of(x)));
      return apply<element_of<X>, detail::broadcast_shape<shape_of<A>, Y>>(
          detail::AddLinear{
              detail::linear_of(any_shape(x), any_shape(weight), ParameterLike<Weight>)},
          leading_of(a), a, x, weight);
    } else {
      return apply_like(detail::Refused{}, a, x, weight);
    }
  } else {
    return apply_like(detail::Refused{}, a);
  }
}

}  // namespace weft
