#pragma once

#include <weft/ops/operation.hpp>

#include <string>
#include <type_traits>

// The shape rules that element-wise operations share.

namespace weft::inline WEFT_TARGET::detail {

// Whether b repeats over the leading axes of a: B is A, or the last axes of A, or a scalar. A
// dynamic extent may turn out to be right.
template <class A, class B>
inline constexpr bool broadcasts = [] {
  if constexpr (B::rank > A::rank) {
    return false;
  } else {
    for (std::size_t axis = 0; axis < B::rank; ++axis) {
      const std::size_t of_a = A::extents[A::rank - B::rank + axis], of_b = B::extents[axis];
      if (of_a != of_b && of_a != dynamic && of_b != dynamic) return false;
    }
    return true;
  }
}();

// The shape of the result: that of a, with a leading extent that either knows.
template <class A, class B>
using broadcast_shape = std::conditional_t<A::is_dynamic && A::rank == B::rank, B, A>;

// Throws Error unless the dynamic extents fit: b lies along the last axes of a.
[[gnu::noinline]] inline void check_broadcast(const char* name, AnyShape a, AnyShape b) {
  if (b.rank() > 0 && b.leading() != a[a.rank() - b.rank()])
    fail(name, "the second operand must have the shape of the first, or of its last axes",
         to_string(a) + " and " + to_string(b));
}

// An operand a as a matrix whose rows match b.
struct BroadcastRows {
  std::size_t rows, columns;

  BroadcastRows(const auto& a, const auto& b)
      : rows(b.size() == 0 ? 0 : a.size() / b.size()), columns(b.size()) {}
};

// Runs an operation on each element of x.
template <class Op, Operand X>
auto apply_elementwise(Op op, const X& x) {
  static_assert(same_real_elements<X>, "weft: this operation needs elements of float or double");
  if constexpr (same_real_elements<X>) return apply_like(op, x);
  else return apply_like(Refused{}, x);
}

// Runs an operation on each element of a and the one of b that it meets.
template <class Op, Operand A, Operand B>
auto apply_broadcast(Op op, const A& a, const B& b) {
  constexpr bool same_elements = same_real_elements<A, B>;
  constexpr bool same_shapes = broadcasts<shape_of<A>, shape_of<B>>;
  static_assert(same_elements, "weft: both operands need elements of float, or both of double");
  static_assert(same_shapes,
                "weft: the second operand must have the shape of the first, or of its last axes, "
                "or be a scalar");
  if constexpr (same_elements && same_shapes) {
    check_broadcast(Op::name, any_shape(a), any_shape(b));
    return apply<element_of<A>, broadcast_shape<shape_of<A>, shape_of<B>>>(op, leading_of(a), a, b);
  } else {
    return apply_like(Refused{}, a, b);
  }
}

}  // namespace weft::detail
