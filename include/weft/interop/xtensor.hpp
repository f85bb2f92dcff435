#pragma once

#include <weft/core/any_view.hpp>
#include <weft/core/tensor.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xexpression.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xstrided_view.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

// xtensor and weft over the same memory, without copies. Tested with xtensor 0.24 and 0.25.
//
//   Tensor<float, 128, 64> weight = ...;
//   as_xtensor(weight) *= 0.5f;                                  // writes to weight
//   auto mean = from_xtensor<Tensor<float, 64>>(xt::mean(as_xtensor(weight), {0}));
//
// A few functions of xtensor (stddev and variance over an axis, stack) do not compile for static
// shapes. They take a view, whose expression has a static rank only, by its name:
//
//   auto view = as_xtensor(weight.view());
//   auto deviation = from_xtensor<Tensor<float, 64>>(xt::stddev(view, {0}));

namespace weft::inline WEFT_TARGET {

// The tensor as an xtensor expression of the same shape and memory: of static shape, or of static
// rank where the leading extent is dynamic. It is valid as long as the tensor, and cannot be made
// from a temporary one.
template <class T, std::size_t... Extents>
auto as_xtensor(Tensor<T, Extents...>& tensor) {
  if constexpr (Shape<Extents...>::is_dynamic)
    return xt::adapt<xt::layout_type::row_major>(tensor.data(), tensor.extents());
  else
    return xt::adapt<xt::layout_type::row_major>(tensor.data(), xt::fixed_shape<Extents...>{});
}
template <class T, std::size_t... Extents>
auto as_xtensor(const Tensor<T, Extents...>& tensor) {
  if constexpr (Shape<Extents...>::is_dynamic)
    return xt::adapt<xt::layout_type::row_major>(tensor.data(), tensor.extents());
  else
    return xt::adapt<xt::layout_type::row_major>(tensor.data(), xt::fixed_shape<Extents...>{});
}
template <class T, std::size_t... Extents>
void as_xtensor(const Tensor<T, Extents...>&&) = delete;

// The same for a view, with its strides. An adaptor with strides would not do: xtensor runs through
// the memory of a container without looking at gaps, as in `x *= 2` or x.fill(0).
template <class T, std::size_t... Extents>
auto as_xtensor(const View<T, Extents...>& view) {
  constexpr std::size_t rank = sizeof...(Extents);
  if constexpr (rank == 0) {
    return xt::adapt<xt::layout_type::row_major>(view.data(), xt::fixed_shape<>{});
  } else {
    auto extents = view.extents();
    std::array<std::ptrdiff_t, rank> strides{};
    std::size_t span = 1;  // elements from the first to the last
    for (std::size_t axis = 0; axis < rank; ++axis) {
      // xtensor takes an axis of one element to have stride 0.
      if (extents[axis] != 1) strides[axis] = static_cast<std::ptrdiff_t>(view.strides()[axis]);
      if (extents[axis] > 1) span += (extents[axis] - 1) * view.strides()[axis];
    }
    const std::array<std::size_t, 1> memory{view.size() > 0 ? span : 0};
    return xt::strided_view(xt::adapt<xt::layout_type::row_major>(view.data(), memory),
                            std::move(extents), std::move(strides));
  }
}

// The same for a view whose shape is known at run time only, as an expression of any rank:
//   auto pattern = as_xtensor(cache.view("blocks.0.attn.pattern"));
template <class T>
auto as_xtensor(const AnyView<T>& view) {
  return xt::adapt<xt::layout_type::row_major>(view.data(), view.size(), xt::no_ownership(),
                                               view.extents());
}

namespace detail {

// The extents of an xtensor expression as far as its type tells.
template <class S>
struct XtensorShape {
  static constexpr bool is_known = false;
};
template <std::size_t... Extents>
struct XtensorShape<xt::fixed_shape<Extents...>> {
  static constexpr bool is_known = true;
  using type = Shape<Extents...>;
};

template <class E>
std::string xtensor_extents(const E& expression) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < expression.dimension(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(expression.shape()[axis]);
  return text + ")";
}

// A scalar also takes one element of rank 1: that is what xtensor makes of 2 * xt::sum(x) for an x
// of static shape.
template <class S, class Given>
inline constexpr bool xtensor_compatible =
    compatible<S, Given> || (S::rank == 0 && std::is_same_v<Given, Shape<1>>);

// Throws Error unless an expression has the shape S with this leading extent, which may be dynamic;
// does not compile where their types already differ.
template <class S, class E>
void check_xtensor_shape(const char* operation, const E& expression, std::size_t leading) {
  using Given = XtensorShape<typename E::shape_type>;
  if constexpr (Given::is_known)
    static_assert(xtensor_compatible<S, typename Given::type>,
                  "weft: the xtensor expression has another shape than the tensor");
  const auto& shape = expression.shape();
  const std::size_t rank = expression.dimension();
  bool same = rank == S::rank || (S::rank == 0 && rank == 1 && shape[0] == 1);
  for (std::size_t axis = 0; same && axis < S::rank; ++axis) {
    const std::size_t expected = axis == 0 ? leading : S::extents[axis];
    same = expected == dynamic || static_cast<std::size_t>(shape[axis]) == expected;
  }
  if (!same)
    fail(operation, "the expression must have the shape of the tensor",
         "expected " + to_string(S{}, leading) + ", found " + xtensor_extents(expression));
}

template <class T, std::size_t... Extents, class E>
void copy_expression(View<T, Extents...> target, const E& expression) {
  if constexpr (sizeof...(Extents) == 0) {
    target.item() = static_cast<T>(expression());
  } else if (target.size() > 0) {
    auto destination = xt::adapt<xt::layout_type::row_major>(target.data(), target.extents());
    xt::noalias(destination) = expression;
  }
}

}  // namespace detail

// Evaluates an expression into the memory of a tensor. The shapes must be equal; nothing is
// broadcast. The expression may read the tensor. A difference between static shapes does not
// compile, any other throws Error with both.
template <class T, std::size_t... Extents, class E>
void assign(Tensor<T, Extents...>& tensor, const xt::xexpression<E>& expression) {
  const E& source = expression.derived_cast();
  detail::check_xtensor_shape<Shape<Extents...>>("assign", source, tensor.leading());
  // By way of a new tensor, for an expression that reads elements already written.
  Tensor<T, Extents...> result(uninitialized, tensor.leading());
  detail::copy_expression(result.view(), source);
  std::copy_n(result.data(), result.size(), tensor.data());
}

// The same straight into the memory of the tensor, without another one between, as xt::noalias()
// does: the expression must not read elements of the tensor but the one that it is for.
template <class T, std::size_t... Extents, class E>
void assign_noalias(Tensor<T, Extents...>& tensor, const xt::xexpression<E>& expression) {
  const E& source = expression.derived_cast();
  detail::check_xtensor_shape<Shape<Extents...>>("assign_noalias", source, tensor.leading());
  detail::copy_expression(tensor.view(), source);
}

// A new tensor with the values of an expression; a dynamic leading extent takes that of the
// expression. Shapes are checked as in assign().
//   auto t = from_xtensor<Tensor<float, dynamic, 64>>(xt::mean(x, {1}));
template <class Array, class E>
Array from_xtensor(const xt::xexpression<E>& expression) {
  using S = typename Array::shape_type;
  const E& source = expression.derived_cast();
  detail::check_xtensor_shape<S>("from_xtensor", source, S::leading);
  std::size_t leading = S::leading;
  if constexpr (S::is_dynamic) leading = static_cast<std::size_t>(source.shape()[0]);
  Array result(uninitialized, leading);
  detail::copy_expression(result.view(), source);
  return result;
}

}  // namespace weft
