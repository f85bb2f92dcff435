#pragma once

#include <weft/ops/operation.hpp>

#include <utility>

namespace weft::inline WEFT_TARGET {

// The values of x, from which no gradient flows back.
//
// Nothing is copied: a variable gives a constant of the same tape, a tensor or a parameter a view
// of its elements, which must outlive the result. Only a temporary tensor is handed on itself.
template <class X>
  requires Operand<X>
auto stop_gradient(X&& x) {
  using Type = std::remove_cvref_t<X>;
  using T = element_of<Type>;
  using S = shape_of<Type>;
  if constexpr (TapedOperand<Type>) {
    if (x.is_stale())
      fail("stop_gradient", "the operand is from before the last reset of its tape");
    return variable_of<T, S>(x.tape(), x.data(), x.leading(), nullptr);
  } else if constexpr (ParameterLike<Type>) {
    static_assert(std::is_lvalue_reference_v<X>, "weft: stop_gradient() of a temporary parameter");
    return view_of<const T, S>(x.value.data(), x.value.leading());
  } else if constexpr (std::is_lvalue_reference_v<X> && !requires { x.strides(); }) {
    return view_of<const T, S>(x.data(), x.leading());
  } else {
    return std::forward<X>(x);
  }
}

}  // namespace weft
