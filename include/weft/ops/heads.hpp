#pragma once

#include <weft/kernels/permute.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// (outer, first, second, width) to (outer, second, first, width).
template <class T>
void swap_middle_axes(std::size_t outer, std::size_t first, std::size_t second, std::size_t width,
                      const T* source, T* target, Write write) {
  const std::size_t extents[] = {outer, second, first, width};
  const std::size_t strides[] = {first * second * width, width, second * width, 1};
  kernels::permute(4, extents, strides, source, target, write);
}

struct SplitHeads {
  static constexpr const char* name = "split_heads";

  void forward(Memory&, auto y, auto x) const {
    swap_middle_axes(y.extent(0), y.extent(2), y.extent(1), y.extent(3), x.data(), y.data(),
                     Write::store);
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      swap_middle_axes(y.extent(0), y.extent(1), y.extent(2), y.extent(3), y.gradient_data(),
                       dx.data, dx.write);
  }
};

struct MergeHeads {
  static constexpr const char* name = "merge_heads";

  void forward(Memory&, auto y, auto x) const {
    swap_middle_axes(x.extent(0), x.extent(1), x.extent(2), x.extent(3), x.data(), y.data(),
                     Write::store);
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      swap_middle_axes(x.extent(0), x.extent(2), x.extent(1), x.extent(3), y.gradient_data(),
                       dx.data, dx.write);
  }
};

// The extents of a shape, or ones where it has another rank, so that one wrong shape gives one
// message.
template <class S, std::size_t Rank>
inline constexpr auto extents_or_ones = [] {
  std::array<std::size_t, Rank> extents{};
  for (std::size_t axis = 0; axis < Rank; ++axis)
    extents[axis] = S::rank == Rank ? S::extents[axis < S::rank ? axis : 0] : 1;
  return extents;
}();

}  // namespace detail

// The features of each position cut into heads: y[b, h, n, w] = x[b, n, h * width + w].
// (batch, position, Heads * width) -> (batch, Heads, position, width).
template <std::size_t Heads, Operand X>
auto split_heads(const X& x) {
  using S = shape_of<X>;
  static_assert(S::rank == 3 && Heads > 0 && S::last % Heads == 0,
                "weft: split_heads<Heads>(x) needs x of shape (batch, position, Heads * width)");
  constexpr auto extents = detail::extents_or_ones<S, 3>;
  constexpr std::size_t width = extents[2] / (Heads > 0 ? Heads : 1);
  return apply<element_of<X>, Shape<extents[0], Heads, extents[1], width>>(detail::SplitHeads{},
                                                                           leading_of(x), x);
}

// The inverse of split_heads(): y[b, n, h * width + w] = x[b, h, n, w].
// (batch, head, position, width) -> (batch, position, head * width).
template <Operand X>
auto merge_heads(const X& x) {
  using S = shape_of<X>;
  static_assert(S::rank == 4,
                "weft: merge_heads(x) needs x of shape (batch, head, position, width)");
  constexpr auto extents = detail::extents_or_ones<S, 4>;
  return apply<element_of<X>, Shape<extents[0], extents[2], extents[1] * extents[3]>>(
      detail::MergeHeads{}, leading_of(x), x);
}

}  // namespace weft
