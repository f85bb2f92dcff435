#pragma once

#include <weft/kernels/reduce.hpp>
#include <weft/ops/operation.hpp>

// Arrays seen from one of their axes, and shapes that differ by one.

namespace weft::inline WEFT_TARGET::detail {

// S without one axis; where S has no such axis, without its last one.
template <class S, std::size_t Axis>
struct WithoutAxis {
  struct Extent {
    constexpr std::size_t operator()(std::size_t axis) const {
      return S::extents[axis < Axis ? axis : axis + 1];
    }
  };
  using type = make_shape<(S::rank > 0 ? S::rank - 1 : 0), Extent>;
};
template <class S, std::size_t Axis>
using without_axis = typename WithoutAxis<S, Axis>::type;
template <class S>
using without_last_axis = without_axis<S, (S::rank > 0 ? S::rank - 1 : 0)>;

// S with one more axis behind the others.
template <class S, std::size_t Extent>
struct WithLastAxis;
template <std::size_t... Extents, std::size_t Extent>
struct WithLastAxis<Shape<Extents...>, Extent> {
  using type = Shape<Extents..., Extent>;
};
template <class S, std::size_t Extent>
using with_last_axis = typename WithLastAxis<S, Extent>::type;

// The leading extent of a result of shape S; where it is dynamic, that of x.
template <class S, Operand X>
std::size_t leading_as(const X& x) {
  return S::is_dynamic ? leading_of(x) : S::leading;
}

// An array as (outer, extent, inner) around one of its axes.
inline kernels::AxisView axis_view(AnyShape shape, std::size_t axis) {
  return {shape.product(0, axis), shape[axis], shape.product(axis + 1, shape.rank())};
}

// An array as one row of all its elements.
inline kernels::AxisView all_elements(AnyShape shape) { return {1, shape.size(), 1}; }

// An array as rows of its last axis: (outer, extent), inner is 1.
inline kernels::AxisView rows_of(AnyShape shape) {
  return axis_view(shape, shape.rank() - 1);
}

// Whether V is a vector with one element for each index of the last axis of X.
template <Operand V, Operand X>
inline constexpr bool is_last_axis =
    shape_of<X>::rank > 0 && shape_of<X>::last != dynamic &&
    std::is_same_v<shape_of<V>, Shape<shape_of<X>::last>> &&
    std::is_same_v<element_of<V>, element_of<X>>;

}  // namespace weft::detail
