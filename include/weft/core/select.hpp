#pragma once

#include <weft/core/scratch.hpp>
#include <weft/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>

// Questions about values that have no derivative: which is greatest, which are close.

namespace weft::inline WEFT_TARGET {

namespace detail {

inline constexpr std::size_t last_axis = static_cast<std::size_t>(-1);

// A view of a tensor, a view, or the value of anything that has one.
template <class T, std::size_t... Extents>
View<const T, Extents...> any_view(const Tensor<T, Extents...>& x) {
  return x.view();
}
template <class T, std::size_t... Extents>
View<const T, Extents...> any_view(const View<T, Extents...>& x) {
  return x;
}
template <class X>
  requires requires(const X& x) { x.value().strides(); }
auto any_view(const X& x) {
  return x.value();
}

// The elements row-major without gaps: where they are, or copied to scratch.
template <class T, std::size_t... Extents>
const T* contiguous_data(const View<const T, Extents...>& view, Scratch& scratch) {
  if (view.is_contiguous()) return view.data();
  T* copy = scratch.allocate<T>(view.size());
  copy_elements(view, copy);
  return copy;
}

// Whether a comes before b when the greatest is first. NaN counts as greater than every number.
template <class T>
bool is_greater(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  return a > b;
}

// For x of shape (outer, extent, inner): the index of the first greatest along the middle axis.
template <class T>
void argmax(const T* x, std::size_t outer, std::size_t extent, std::size_t inner, int* y) {
  for (std::size_t i = 0; i < outer * inner; ++i) {
    const T* values = x + i / inner * extent * inner + i % inner;
    std::size_t best = 0;
    for (std::size_t j = 1; j < extent; ++j)
      if (is_greater(values[j * inner], values[best * inner])) best = j;
    y[i] = static_cast<int>(best);
  }
}

template <class T>
void top_k(const T* x, std::size_t rows, std::size_t extent, std::size_t k, T* values,
           int* indices, int* order) {
  for (std::size_t row = 0; row < rows; ++row, x += extent, values += k, indices += k) {
    for (std::size_t j = 0; j < extent; ++j) order[j] = static_cast<int>(j);
    std::partial_sort(order, order + k, order + extent, [x](int a, int b) {
      if (is_greater(x[a], x[b])) return true;
      return !is_greater(x[b], x[a]) && a < b;
    });
    for (std::size_t j = 0; j < k; ++j) {
      indices[j] = order[j];
      values[j] = x[order[j]];
    }
  }
}

template <class T, class S>
struct TensorOf;
template <class T, std::size_t... Extents>
struct TensorOf<T, Shape<Extents...>> {
  using type = Tensor<T, Extents...>;
};

}  // namespace detail

// The index of the greatest element along an axis, the last one unless another is given:
// (batch, class) -> (batch). Of equal elements the first; NaN counts as greater than every number,
// so that it is seen. Takes tensors, views and variables. Throws Error where the axis is empty.
template <std::size_t Axis = detail::last_axis, class X>
auto argmax(const X& x) {
  const auto view = detail::any_view(x);
  using View = std::remove_const_t<decltype(view)>;
  using S = typename View::shape_type;
  static_assert(S::rank > 0, "weft: argmax needs an axis");
  constexpr std::size_t axis = Axis == detail::last_axis ? S::rank - 1 : Axis;
  static_assert(axis < S::rank, "weft: argmax has no such axis");
  using Result = make_shape<S::rank - 1, decltype([](std::size_t a) {
    return S::extents[a < axis ? a : a + 1];
  })>;

  const auto extents = view.extents();
  std::size_t outer = 1, inner = 1;
  for (std::size_t a = 0; a < axis; ++a) outer *= extents[a];
  for (std::size_t a = axis + 1; a < S::rank; ++a) inner *= extents[a];
  if (extents[axis] == 0)
    fail("argmax", "the axis must have an element", to_string(S{}, view.leading()));

  Scratch scratch;
  typename detail::TensorOf<int, Result>::type result(
      uninitialized, axis > 0 ? view.leading() : Result::leading);
  detail::argmax(detail::contiguous_data(view, scratch), outer, extents[axis], inner,
                 result.data());
  return result;
}

template <class Values, class Indices>
struct TopK {
  Values values;
  Indices indices;
};

// The K greatest elements of the last axis and where they are, greatest first:
// (batch, class) -> values and indices (batch, K). Equal elements stand in the order of their
// indices; NaN counts as greater than every number. Throws Error where a dynamic axis has fewer.
//   auto [values, indices] = top_k<5>(logits);
template <std::size_t K, class X>
auto top_k(const X& x) {
  const auto view = detail::any_view(x);
  using View = std::remove_const_t<decltype(view)>;
  using S = typename View::shape_type;
  using T = typename View::value_type;
  static_assert(S::rank > 0, "weft: top_k needs an axis");
  static_assert(K <= S::last, "weft: top_k cannot give more elements than the last axis has");
  using Result = make_shape<S::rank, decltype([](std::size_t a) {
    return a + 1 == S::rank ? K : S::extents[a];
  })>;
  const std::size_t extent = view.extent(S::rank - 1);
  if (extent < K)
    fail("top_k", "the last axis must have that many elements",
         std::to_string(K) + " of " + to_string(S{}, view.leading()));

  const std::size_t rows = S::rank > 1 ? view.leading() * Result::tail / std::max<std::size_t>(K, 1)
                                       : 1;
  const std::size_t leading = S::rank > 1 ? view.leading() : K;
  Scratch scratch;
  TopK<typename detail::TensorOf<T, Result>::type, typename detail::TensorOf<int, Result>::type>
      result{decltype(result.values)(uninitialized, leading),
             decltype(result.indices)(uninitialized, leading)};
  detail::top_k(detail::contiguous_data(view, scratch), rows, extent, K, result.values.data(),
                result.indices.data(), scratch.allocate<int>(extent));
  return result;
}

// Whether two arrays have the same extents and |a - b| <= absolute + relative |b| everywhere. Equal
// infinities are close; NaN is close to nothing.
template <class A, class B>
bool all_close(const A& a, const B& b, double absolute, double relative) {
  const auto left = detail::any_view(a);
  const auto right = detail::any_view(b);
  using LeftShape = typename decltype(left)::shape_type;
  using RightShape = typename decltype(right)::shape_type;
  static_assert(compatible<LeftShape, RightShape>, "weft: all_close compares arrays of one shape");
  if (left.extents() != right.extents()) return false;
  Scratch scratch;
  const auto* x = detail::contiguous_data(left, scratch);
  const auto* y = detail::contiguous_data(right, scratch);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double p = static_cast<double>(x[i]), q = static_cast<double>(y[i]);
    const double difference = std::abs(p - q);
    const bool close = std::isfinite(difference) && difference <= absolute + relative * std::abs(q);
    if (!close && p != q) return false;
  }
  return true;
}

}  // namespace weft
