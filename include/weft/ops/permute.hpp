#pragma once

#include <weft/kernels/permute.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <std::size_t Rank>
std::array<std::size_t, Rank> extents_of(AnyShape shape) {
  std::array<std::size_t, Rank> extents{};
  for (std::size_t axis = 0; axis < Rank; ++axis) extents[axis] = shape[axis];
  return extents;
}

// Row-major strides.
template <std::size_t Rank>
std::array<std::size_t, Rank> strides_of(AnyShape shape) {
  std::array<std::size_t, Rank> strides{};
  for (std::size_t axis = 0; axis < Rank; ++axis) strides[axis] = shape.product(axis + 1, Rank);
  return strides;
}

// Axis a of the result is axis axes[a] of x.
template <std::size_t Rank>
struct Permute {
  static constexpr const char* name = "permute";
  std::array<std::size_t, Rank> axes;

  void forward(Memory&, auto y, auto x) const {
    const auto x_strides = strides_of<Rank>(x.shape());
    const auto extents = extents_of<Rank>(y.shape());
    std::array<std::size_t, Rank> strides{};
    for (std::size_t axis = 0; axis < Rank; ++axis) strides[axis] = x_strides[axes[axis]];
    kernels::permute(Rank, extents.data(), strides.data(), x.data(), y.data());
  }

  void backward(auto y, auto x) const {
    auto dx = x.target();
    if (!dx) return;
    const auto y_strides = strides_of<Rank>(y.shape());
    const auto extents = extents_of<Rank>(x.shape());
    std::array<std::size_t, Rank> strides{};
    for (std::size_t axis = 0; axis < Rank; ++axis) strides[axes[axis]] = y_strides[axis];
    kernels::permute(Rank, extents.data(), strides.data(), y.gradient_data(), dx.data, dx.write);
  }
};

template <std::size_t Rank, std::size_t... Axes>
inline constexpr bool is_permutation = [] {
  if constexpr (sizeof...(Axes) != Rank) {
    return false;
  } else {
    std::array<bool, Rank> seen{};
    return ((Axes < Rank && !std::exchange(seen[Axes], true)) && ... && true);
  }
}();

// The extents of S in the order Axes; S itself where they are no order of its axes.
template <class S, std::size_t... Axes>
constexpr auto permuted_shape() {
  if constexpr (is_permutation<S::rank, Axes...>) return Shape<S::extents[Axes]...>{};
  else return S{};
}

}  // namespace detail

// The axes in another order: axis a of the result is axis Axes[a] of x. NumPy's transpose.
//
//   permute<0, 2, 1>(x)    (batch, position, feature) -> (batch, feature, position)
//
// A dynamic leading axis must stay the leading one.
template <std::size_t... Axes, Operand X>
auto permute(const X& x) {
  using S = shape_of<X>;
  constexpr bool is_order = detail::is_permutation<S::rank, Axes...>;
  constexpr bool keeps_leading = [] {
    constexpr std::array<std::size_t, sizeof...(Axes)> axes{Axes...};
    return !S::is_dynamic || axes[0] == 0;
  }();
  static_assert(is_order, "weft: permute<Axes...>(x) needs each axis of x once");
  static_assert(!is_order || keeps_leading,
                "weft: permute<Axes...>(x) must leave the dynamic axis of x the leading one");
  if constexpr (is_order && keeps_leading) {
    using Y = decltype(detail::permuted_shape<S, Axes...>());
    const std::size_t leading = S::is_dynamic ? leading_of(x) : Y::leading;
    return apply<element_of<X>, Y>(detail::Permute<S::rank>{{Axes...}}, leading, x);
  } else {
    return apply_like(detail::Permute<S::rank>{}, x);
  }
}

}  // namespace weft
