#pragma once

#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// The leading extent of `to`, which may be dynamic, that keeps the number of elements of `from`.
// Throws Error where there is none.
[[gnu::noinline]] inline std::size_t reshaped_leading(AnyShape from, AnyShape to) {
  const std::size_t tail = to.product(1, to.rank()), size = from.size();
  const std::size_t leading = to.leading() != dynamic ? to.leading() : tail > 0 ? size / tail : 0;
  if (leading * tail != size || (to.leading() == dynamic && tail == 0))
    fail("reshape", "the shapes must hold equally many elements",
         to_string(from) + " to " + to_string(to));
  return leading;
}

template <class T>
[[gnu::noinline]] Storage<T> copy_of(const AnyArray<T>& x) {
  Storage<T> copy(1, x.shape.size(), x.arena);
  if (x.strides) copy_elements(x.shape, x.strides, x.data, copy.data());
  else std::copy_n(x.data, x.shape.size(), copy.data());
  return copy;
}

}  // namespace detail

// The same elements, row-major, under other extents; the leading one may be `dynamic`.
//
//   reshape<dynamic, 64>(x)    (batch, position, 64) -> (batch * position, 64)
//
// Of a variable it copies nothing and records nothing: the result is the same memory, and collects
// the same gradient. Of a tensor or view it gives a tensor of its own.
// Throws Error where extents known at run time do not match.
template <std::size_t... Extents, Operand X>
auto reshape(const X& x) {
  using S = shape_of<X>;
  using Y = Shape<Extents...>;
  constexpr bool fits =
      S::is_dynamic || Y::is_dynamic || S::leading * S::tail == Y::leading * Y::tail;
  static_assert(fits, "weft: reshape<Extents...>(x) must keep the number of elements");
  if constexpr (TapedOperand<X>) {
    if (x.is_stale()) fail("reshape", "the operand is from before the last reset of its tape");
    const std::size_t leading = detail::reshaped_leading(any_shape(x), AnyShape(Y{}));
    return Variable<element_of<X>, Extents...>(x.tape(), x.data(), leading, x.slot());
  } else if constexpr (ParameterLike<X>) {
    return reshape<Extents...>(x.value);
  } else {
    const std::size_t leading = detail::reshaped_leading(any_shape(x), AnyShape(Y{}));
    return Tensor<element_of<X>, Extents...>(detail::copy_of(detail::any_operand(x)), leading);
  }
}

}  // namespace weft
