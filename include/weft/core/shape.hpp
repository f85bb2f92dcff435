#pragma once

#include <weft/core/config.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace weft::inline WEFT_TARGET {

// The extent that is known at run time only. Just the leading extent of a shape may be dynamic.
inline constexpr std::size_t dynamic = static_cast<std::size_t>(-1);

namespace detail {

// The product of the extents of the axes [begin, end).
constexpr std::size_t product(const std::size_t* extents, std::size_t begin, std::size_t end) {
  std::size_t result = 1;
  for (std::size_t axis = begin; axis < end; ++axis) result *= extents[axis];
  return result;
}

// Whether only the leading extent is dynamic.
constexpr bool is_valid(const std::size_t* extents, std::size_t rank) {
  for (std::size_t axis = 1; axis < rank; ++axis)
    if (extents[axis] == dynamic) return false;
  return true;
}

}  // namespace detail

// Extents of a row-major array as a type, in the order (batch, position, head, feature).
// Shape<> is the shape of a scalar.
template <std::size_t... Extents>
struct Shape {
  static constexpr std::size_t rank = sizeof...(Extents);
  static constexpr std::array<std::size_t, rank> extents{Extents...};
  static constexpr bool is_dynamic = ((Extents == dynamic) || ... || false);

  // Number of elements below the leading axis: the row length of the matrix (leading, tail).
  static constexpr std::size_t tail = detail::product(extents.data(), 1, rank);

  // The leading extent where it is static; 1 for a scalar.
  static constexpr std::size_t leading = rank == 0 ? 1 : extents.data()[0];

  // The last extent; 1 for a scalar.
  static constexpr std::size_t last = rank == 0 ? 1 : extents.data()[rank - 1];

  static constexpr bool is_valid = detail::is_valid(extents.data(), rank);
  static_assert(is_valid, "weft: only the leading extent of a shape may be dynamic");
};

namespace detail {

template <class Indices, class Function>
struct MakeShape;

template <std::size_t... Axis, class Function>
struct MakeShape<std::index_sequence<Axis...>, Function> {
  using type = Shape<Function{}(Axis)...>;
};

}  // namespace detail

// The shape of the given rank whose extent at each axis is Function{}(axis).
template <std::size_t Rank, class Function>
using make_shape = typename detail::MakeShape<std::make_index_sequence<Rank>, Function>::type;

// The leading extent in use, then the others: run-time extents of a shape.
template <class S>
constexpr std::array<std::size_t, S::rank> extents_of(std::size_t leading) {
  auto extents = S::extents;
  if constexpr (S::is_dynamic) extents[0] = leading;
  static_cast<void>(leading);
  return extents;
}

namespace detail {

struct ShapeNumbers {
  std::size_t rank;
  const std::size_t* extents;
};

template <class S>
inline constexpr ShapeNumbers numbers_of{S::rank, S::extents.data()};

}  // namespace detail

// The extents of a shape as numbers, for code that is compiled once for all shapes.
class AnyShape {
 public:
  // leading counts where the leading extent is dynamic.
  template <std::size_t... Extents>
  explicit constexpr AnyShape(Shape<Extents...>,
                              std::size_t leading = Shape<Extents...>::leading)
      : numbers_(&detail::numbers_of<Shape<Extents...>>),
        leading_(Shape<Extents...>::is_dynamic ? leading : Shape<Extents...>::leading) {}

  constexpr std::size_t rank() const { return numbers_->rank; }
  constexpr std::size_t leading() const { return leading_; }
  constexpr std::size_t operator[](std::size_t axis) const {
    return axis == 0 ? leading_ : numbers_->extents[axis];
  }

  // The product of the extents of the axes [begin, end).
  constexpr std::size_t product(std::size_t begin, std::size_t end) const {
    std::size_t result = 1;
    for (std::size_t axis = begin; axis < end; ++axis) result *= (*this)[axis];
    return result;
  }
  constexpr std::size_t size() const { return product(0, rank()); }

 private:
  const detail::ShapeNumbers* numbers_;  // those of the type; the leading one may be dynamic
  std::size_t leading_;
};

// "(128, 24, 64)"
[[gnu::cold]] inline std::string to_string(AnyShape shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) text += ", ";
    text += shape[axis] == dynamic ? "dynamic" : std::to_string(shape[axis]);
  }
  return text + ")";
}
template <std::size_t... Extents>
std::string to_string(Shape<Extents...> shape, std::size_t leading = Shape<Extents...>::leading) {
  return to_string(AnyShape(shape, leading));
}

// Two shapes that may hold the same extents: equal, but for a dynamic leading one.
template <class A, class B>
inline constexpr bool compatible = [] {
  if constexpr (A::rank != B::rank) {
    return false;
  } else {
    for (std::size_t axis = 0; axis < A::rank; ++axis) {
      const bool open = A::extents[axis] == dynamic || B::extents[axis] == dynamic;
      if (A::extents[axis] != B::extents[axis] && !open) return false;
    }
    return true;
  }
}();

}  // namespace weft
