#pragma once

#include <weft/kernels/permute.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// x is `rows` rows of `row` elements; y is `count` of them, from `begin` on, in each.
struct Slice {
  static constexpr const char* name = "slice";
  std::size_t rows, row, begin, count;

  void forward(Memory&, auto y, auto x) const {
    kernels::copy_rows(rows, count, x.data() + begin, row, y.data(), count);
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target_of_zeros())
      kernels::copy_rows(rows, count, y.gradient_data(), count, dx.data + begin, row, dx.write);
  }
};

// The extents of S, but for one axis.
template <class S, std::size_t Axis, std::size_t Count>
struct SliceExtent {
  constexpr std::size_t operator()(std::size_t axis) const {
    return axis == Axis ? Count : S::extents[axis];
  }
};

[[gnu::noinline]] inline Slice slice_of(AnyShape x, std::size_t axis, std::size_t begin,
                                        std::size_t count) {
  if (begin + count > x[axis])
    fail("slice", "the range must lie within its axis",
         "[" + std::to_string(begin) + ", " + std::to_string(begin + count) + ") of axis " +
             std::to_string(axis) + " of " + to_string(x));
  const std::size_t inner = x.product(axis + 1, x.rank());
  return {x.product(0, axis), x[axis] * inner, begin * inner, count * inner};
}

}  // namespace detail

// Count elements of one axis, from Begin on.
//
//   slice<1, 3, 2>(x)    (batch, 8, feature) -> (batch, 2, feature), positions 3 and 4
//
// Throws Error where a dynamic leading axis is too short.
template <std::size_t Axis, std::size_t Begin, std::size_t Count, Operand X>
auto slice(const X& x) {
  using S = shape_of<X>;
  constexpr bool fits = [] {
    if constexpr (Axis >= S::rank) return false;
    else return Begin <= S::extents[Axis] && Count <= S::extents[Axis] - Begin;
  }();
  static_assert(fits, "weft: slice<Axis, Begin, Count>(x) must lie within that axis of x");
  using Y = make_shape<S::rank, detail::SliceExtent<S, Axis, Count>>;
  return apply<element_of<X>, Y>(detail::slice_of(any_shape(x), Axis, Begin, Count),
                                 Axis == 0 ? Count : leading_of(x), x);
}

}  // namespace weft
