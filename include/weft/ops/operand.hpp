#pragma once

#include <weft/autograd/variable.hpp>
#include <weft/core/tensor.hpp>

#include <type_traits>

// What operations take, by its element and shape, and the types of the same elements or shape.

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class X>
struct OperandTraits {
  static constexpr bool is_operand = false;
};
template <class T, std::size_t... Extents>
struct OperandTraits<Tensor<T, Extents...>> {
  static constexpr bool is_operand = true;
  static constexpr bool is_variable = false;
  using element = T;
  using shape = Shape<Extents...>;
};
template <class T, std::size_t... Extents>
struct OperandTraits<View<T, Extents...>>
    : OperandTraits<Tensor<std::remove_const_t<T>, Extents...>> {};
template <class T, std::size_t... Extents>
struct OperandTraits<Variable<T, Extents...>> : OperandTraits<Tensor<T, Extents...>> {
  static constexpr bool is_variable = true;
};
template <ParameterLike P>
struct OperandTraits<P> : OperandTraits<std::remove_cvref_t<decltype(P::value)>> {};

template <template <class, std::size_t...> class Array, class T, class S>
struct Reshaped;
template <template <class, std::size_t...> class Array, class T, std::size_t... Extents>
struct Reshaped<Array, T, Shape<Extents...>> {
  using type = Array<T, Extents...>;
};

}  // namespace detail

// What operations take: tensors, views, parameters and variables.
template <class X>
concept Operand = detail::OperandTraits<std::remove_cvref_t<X>>::is_operand;

// Operands that live on a tape; one of them is enough to record an operation.
template <class X>
concept TapedOperand = Operand<X> && detail::OperandTraits<std::remove_cvref_t<X>>::is_variable;

template <Operand X>
using element_of = typename detail::OperandTraits<std::remove_cvref_t<X>>::element;
template <Operand X>
using shape_of = typename detail::OperandTraits<std::remove_cvref_t<X>>::shape;

// Whether all of them have elements of float, or all of double.
template <Operand X, Operand... Others>
inline constexpr bool same_real_elements =
    std::is_floating_point_v<element_of<X>> &&
    (std::is_same_v<element_of<X>, element_of<Others>> && ... && true);

// Tensor, View or Variable of a shape given as a type.
template <class T, class S>
using tensor_of = typename detail::Reshaped<Tensor, T, S>::type;
template <class T, class S>
using view_of = typename detail::Reshaped<View, T, S>::type;
template <class T, class S>
using variable_of = typename detail::Reshaped<Variable, T, S>::type;

// The leading extent in use.
template <Operand X>
std::size_t leading_of(const X& x) {
  if constexpr (ParameterLike<X>) return x.value.leading();
  else return x.leading();
}

// The shape in use, as numbers.
template <Operand X>
AnyShape any_shape(const X& x) {
  if constexpr (ParameterLike<X>) return x.value.shape();
  else return x.shape();
}

}  // namespace weft
