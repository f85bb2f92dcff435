#pragma once

#include <weft/kernels/permute.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// Each operand is `rows` rows of its own length, and y has them one after the other in each row.
struct Concat {
  static constexpr const char* name = "concat";
  std::size_t rows;

  void forward(Memory&, auto y, auto... x) const {
    if (rows == 0) return;
    const std::size_t row = y.size() / rows;
    auto* target = y.data();
    (place(target, x, row), ...);
  }
  void backward(auto y, auto... x) const {
    if (rows == 0) return;
    const std::size_t row = y.size() / rows;
    const auto* source = y.gradient_data();
    (collect(source, x, row), ...);
  }

 private:
  void place(auto*& target, const auto& x, std::size_t row) const {
    const std::size_t count = x.size() / rows;
    kernels::copy_rows(rows, count, x.data(), count, target, row);
    target += count;
  }
  void collect(const auto*& source, const auto& x, std::size_t row) const {
    const std::size_t count = x.size() / rows;
    if (auto dx = x.target())
      kernels::copy_rows(rows, count, source, row, dx.data, count, dx.write);
    source += count;
  }
};

// Whether two shapes may be equal at every axis but one.
template <class A, class B>
constexpr bool equal_but(std::size_t axis) {
  bool equal = A::rank == B::rank;
  for (std::size_t i = 0; i < A::rank && equal; ++i) {
    const bool open = A::extents[i] == dynamic || B::extents[i] == dynamic;
    equal = i == axis || A::extents[i] == B::extents[i] || open;
  }
  return equal;
}

// The extent of S at an axis; 0 where it has no such axis.
template <class S>
constexpr std::size_t extent_at(std::size_t axis) {
  return axis < S::rank ? S::extents[axis] : 0;
}

// The extents of operands one after the other along an axis. A sum with a dynamic extent in it is
// dynamic.
template <std::size_t Axis, class S, class... Others>
struct ConcatExtent {
  constexpr std::size_t operator()(std::size_t axis) const {
    if (axis != Axis) return S::extents[axis];
    const bool open =
        extent_at<S>(axis) == dynamic || ((extent_at<Others>(axis) == dynamic) || ... || false);
    return open && axis == 0 ? dynamic : (extent_at<S>(axis) + ... + extent_at<Others>(axis));
  }
};

[[gnu::noinline]] inline void check_concat(AnyShape first, AnyShape other) {
  if (first.leading() != other.leading())
    fail("concat", "leading extents must be equal", to_string(first) + " and " + to_string(other));
}

}  // namespace detail

// The operands one after the other along an axis; their other extents are equal.
//
//   concat<1>(a, b)    (batch, n, feature) (batch, m, feature) -> (batch, n + m, feature)
//
// Throws Error where leading extents known at run time differ.
template <std::size_t Axis, Operand X, Operand... Others>
auto concat(const X& x, const Others&... others) {
  using S = shape_of<X>;
  using Y = make_shape<S::rank, detail::ConcatExtent<Axis, S, shape_of<Others>...>>;
  static_assert(
      Axis < S::rank && (detail::equal_but<S, shape_of<Others>>(Axis) && ... && true),
      "weft: concat<Axis>(x, ...) needs operands whose extents are equal at all axes but Axis");
  constexpr bool same_elements = (std::is_same_v<element_of<X>, element_of<Others>> && ... && true);
  static_assert(same_elements, "weft: concat<Axis>(x, ...) needs operands of the same elements");
  const AnyShape shape = any_shape(x);
  if (Axis > 0) (detail::check_concat(shape, any_shape(others)), ...);
  const std::size_t leading =
      Axis == 0 ? (leading_of(x) + ... + leading_of(others)) : leading_of(x);
  if constexpr (same_elements)
    return apply<element_of<X>, Y>(detail::Concat{shape.product(0, Axis)}, leading, x, others...);
  else
    return apply<element_of<X>, Y>(detail::Refused{}, leading, x, others...);
}

}  // namespace weft
