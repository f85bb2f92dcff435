#pragma once

#include <weft/core/error.hpp>
#include <weft/core/shape.hpp>

#include <algorithm>
#include <type_traits>

namespace weft::inline WEFT_TARGET {

namespace detail {

// Throws unless index < extent at every axis.
template <std::size_t Rank>
void check_index(const std::array<std::size_t, Rank>& index,
                 const std::array<std::size_t, Rank>& extents) {
  for (std::size_t axis = 0; axis < Rank; ++axis)
    if (index[axis] >= extents[axis])
      fail("at", "an index must be below its extent",
           "index " + std::to_string(index[axis]) + ", axis " + std::to_string(axis) +
               ", extent " + std::to_string(extents[axis]));
}

}  // namespace detail

// Whether elements of these strides lie row-major without gaps.
inline bool is_contiguous(AnyShape shape, const std::size_t* strides) {
  std::size_t step = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0; step *= shape[axis])
    if (shape[axis] > 1 && strides[axis] != step) return false;
  return true;
}

// Elements of someone else's memory: a pointer, a shape and a stride per axis.
//
// T may be const. A view never owns and never allocates; it is valid as long as what it looks at,
// and cannot be made from a temporary tensor.
template <class T, std::size_t... Extents>
class View {
 public:
  using element_type = T;
  using value_type = std::remove_const_t<T>;
  using shape_type = Shape<Extents...>;
  static constexpr std::size_t rank = shape_type::rank;
  using Strides = std::array<std::size_t, rank>;

  // Row-major elements without gaps.
  explicit View(T* data, std::size_t leading = shape_type::leading)
      : View(data, leading, row_major_strides()) {}

  // strides: elements from one index to the next, per axis.
  View(T* data, std::size_t leading, const Strides& strides)
      : data_(data), leading_(leading), strides_(strides) {}

  // A view of mutable elements is also one of constant elements.
  operator View<const T, Extents...>() const
    requires(!std::is_const_v<T>)
  {
    return View<const T, Extents...>(data_, leading(), strides_);
  }

  T* data() const { return data_; }
  std::size_t leading() const {
    if constexpr (shape_type::is_dynamic) return leading_;
    else return shape_type::leading;
  }
  std::size_t size() const { return leading() * shape_type::tail; }
  std::array<std::size_t, rank> extents() const { return extents_of<shape_type>(leading()); }
  std::size_t extent(std::size_t axis) const { return extents()[axis]; }
  const Strides& strides() const { return strides_; }

  AnyShape shape() const { return AnyShape(shape_type{}, leading_); }
  // Whether the elements lie row-major without gaps.
  bool is_contiguous() const { return weft::is_contiguous(shape(), strides_.data()); }

  // The element at one index per axis; operator() trusts the index, at() throws Error.
  template <class... Index>
    requires(sizeof...(Index) == rank)
  T& operator()(Index... index) const {
    std::size_t offset = 0, axis = 0;
    ((offset += static_cast<std::size_t>(index) * strides_[axis++]), ...);
    return data_[offset];
  }
  template <class... Index>
    requires(sizeof...(Index) == rank)
  T& at(Index... index) const {
    detail::check_index<rank>({static_cast<std::size_t>(index)...}, extents());
    return (*this)(index...);
  }

  // The one element of a scalar.
  T& item() const
    requires(rank == 0)
  {
    return *data_;
  }

  // The sub-array at an index of the leading axis.
  auto operator[](std::size_t index) const
    requires(rank > 0)
  {
    using Row = make_shape<rank - 1, decltype([](std::size_t axis) {
      return shape_type::extents[axis + 1];
    })>;
    std::array<std::size_t, rank - 1> strides{};
    for (std::size_t axis = 0; axis + 1 < rank; ++axis) strides[axis] = strides_[axis + 1];
    return remake<Row>(data_ + index * strides_[0], Row::leading, strides);
  }

  // The axes in another order: axis a of the result is axis Axes[a] of this view.
  template <std::size_t... Axes>
  auto permute() const {
    static_assert(sizeof...(Axes) == rank, "weft: permute: one axis of the result for each axis");
    constexpr std::array<std::size_t, rank> axes{Axes...};
    static_assert(((Axes < rank) && ...), "weft: permute: an axis is out of range");
    static_assert(!shape_type::is_dynamic || axes[0] == 0,
                  "weft: permute: the dynamic axis must stay the leading one");
    return remake<Shape<shape_type::extents[Axes]...>>(data_, leading_if(axes[0] == 0),
                                                       {strides_[Axes]...});
  }

  // count elements of one axis, from begin on: [begin, begin + count).
  template <std::size_t Axis, std::size_t Begin, std::size_t Count>
  auto slice() const {
    static_assert(Axis < rank, "weft: slice: no such axis");
    static_assert(Axis > 0 || !shape_type::is_dynamic,
                  "weft: slice: the leading axis is dynamic; use rows(begin, count)");
    static_assert(Begin + Count <= shape_type::extents[Axis], "weft: slice: out of range");
    using Part = make_shape<rank, decltype([](std::size_t axis) {
      return axis == Axis ? Count : shape_type::extents[axis];
    })>;
    return remake<Part>(data_ + Begin * strides_[Axis], leading_if(Axis != 0, Count), strides_);
  }

  // Rows [begin, begin + count) of the leading axis, count known at run time. Throws Error.
  auto rows(std::size_t begin, std::size_t count) const
    requires(rank > 0)
  {
    if (begin > leading() || count > leading() - begin)
      fail("rows", "the range must lie within the leading extent",
           "begin " + std::to_string(begin) + ", count " + std::to_string(count) + ", extent " +
               std::to_string(leading()));
    using Part = make_shape<rank, decltype([](std::size_t axis) {
      return axis == 0 ? dynamic : shape_type::extents[axis];
    })>;
    return remake<Part>(data_ + begin * strides_[0], count, strides_);
  }

 private:
  static constexpr Strides row_major_strides() {
    Strides strides{};
    std::size_t step = 1;
    for (std::size_t axis = rank; axis-- > 0;) {
      strides[axis] = step;
      if (axis > 0) step *= shape_type::extents[axis];
    }
    return strides;
  }

  std::size_t leading_if(bool same, std::size_t other = 0) const {
    return same ? leading() : other;
  }

  template <class S, std::size_t... Axis>
  static auto remake(T* data, std::size_t leading, const std::array<std::size_t, S::rank>& strides,
                     std::index_sequence<Axis...>) {
    return View<T, S::extents[Axis]...>(data, leading, strides);
  }
  template <class S>
  static auto remake(T* data, std::size_t leading,
                     const std::array<std::size_t, S::rank>& strides) {
    return remake<S>(data, leading, strides, std::make_index_sequence<S::rank>{});
  }

  T* data_;
  std::size_t leading_;  // meaningful where the leading extent is dynamic
  Strides strides_;
};

namespace detail {

// Copies elements of any strides, row-major, to target; returns the end of what it wrote.
template <class T>
T* copy_strided(AnyShape shape, const std::size_t* strides, std::size_t axis,
                const T* source, T* target) {
  if (axis == shape.rank()) {
    *target = *source;
    return target + 1;
  }
  for (std::size_t i = 0; i < shape[axis]; ++i, source += strides[axis])
    target = copy_strided(shape, strides, axis + 1, source, target);
  return target;
}

}  // namespace detail

// Copies the elements of a view, in row-major order, to target.
template <class T>
void copy_elements(AnyShape shape, const std::size_t* strides, const T* source, T* target) {
  if (is_contiguous(shape, strides)) std::copy_n(source, shape.size(), target);
  else detail::copy_strided(shape, strides, 0, source, target);
}
template <class T, std::size_t... Extents>
void copy_elements(const View<T, Extents...>& source, std::remove_const_t<T>* target) {
  copy_elements<std::remove_const_t<T>>(source.shape(), source.strides().data(), source.data(),
                                        target);
}

}  // namespace weft
