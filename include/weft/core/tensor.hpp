#pragma once

#include <weft/core/storage.hpp>
#include <weft/core/view.hpp>

#include <algorithm>
#include <initializer_list>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T, std::size_t Rank>
struct NestedList {
  using type = std::initializer_list<typename NestedList<T, Rank - 1>::type>;
};
template <class T>
struct NestedList<T, 0> {
  using type = T;
};

}  // namespace detail

// Asks for memory whose contents will be written before they are read.
struct Uninitialized {};
inline constexpr Uninitialized uninitialized{};

// A row-major array whose extents are part of its type; the leading one alone may be dynamic.
//
//   Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
//   Tensor<float, dynamic, 3> b(16);                   // 16 rows of zeros
//
// The elements are 64-byte aligned memory of the heap or of an arena, never part of the object.
// Copying a tensor copies its elements to the heap; moving takes them along. A tensor in an arena
// is valid until the arena is reset.
template <class T, std::size_t... Extents>
class Tensor {
 public:
  using element_type = T;
  using value_type = T;
  using shape_type = Shape<Extents...>;
  static constexpr std::size_t rank = shape_type::rank;
  static_assert(std::is_arithmetic_v<T>, "weft: a tensor holds numbers");

  // Zeros; no rows where the leading extent is dynamic.
  Tensor() : storage_(detail::zeros<T>(rows_at_first, shape_type::tail)) {}

  // leading rows of zeros.
  explicit Tensor(std::size_t leading)
    requires(shape_type::is_dynamic)
      : storage_(detail::zeros<T>(leading, shape_type::tail)), leading_(leading) {}

  explicit Tensor(Uninitialized, std::size_t leading = shape_type::leading, Arena* arena = nullptr)
      : storage_(leading, shape_type::tail, arena), leading_(leading) {}

  // Memory with room for `leading` rows.
  explicit Tensor(detail::Storage<T>&& storage, std::size_t leading)
      : storage_(std::move(storage)), leading_(leading) {}

  // Nested braces, one level an axis. Throws Error where a list has another length.
  Tensor(typename detail::NestedList<T, rank>::type values)
    requires(rank > 0)
      : Tensor(uninitialized, shape_type::is_dynamic ? values.size() : shape_type::leading) {
    T* target = data();
    copy_list<0>(values, target);
  }

  // A scalar.
  Tensor(std::type_identity_t<T> value)
    requires(rank == 0)
      : Tensor(uninitialized) {
    *data() = value;
  }

  // The elements of a view, copied.
  template <class U>
    requires std::is_same_v<std::remove_const_t<U>, T>
  explicit Tensor(const View<U, Extents...>& view) : Tensor(uninitialized, view.leading()) {
    copy_elements(view, data());
  }

  Tensor(const Tensor& other) : Tensor(uninitialized, other.leading()) {
    std::copy_n(other.data(), size(), data());
  }
  Tensor(Tensor&& other) noexcept
      : storage_(std::move(other.storage_)), leading_(std::exchange(other.leading_, 0)) {}
  Tensor& operator=(const Tensor& other) {
    if (this == &other) return *this;
    if (data() && leading() == other.leading()) std::copy_n(other.data(), size(), data());
    else *this = Tensor(other);
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    storage_ = std::move(other.storage_);
    std::swap(leading_, other.leading_);
    return *this;
  }

  T* data() { return storage_.data(); }
  const T* data() const { return storage_.data(); }
  T* begin() { return data(); }
  T* end() { return data() + size(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }

  std::size_t leading() const {
    if constexpr (shape_type::is_dynamic) return leading_;
    else return shape_type::leading;
  }
  std::size_t size() const { return leading() * shape_type::tail; }
  std::array<std::size_t, rank> extents() const { return extents_of<shape_type>(leading()); }
  std::size_t extent(std::size_t axis) const { return extents()[axis]; }

  AnyShape shape() const { return AnyShape(shape_type{}, leading_); }

  // The arena the elements lie in; null for the heap.
  Arena* arena() const { return storage_.arena(); }

  View<T, Extents...> view() & { return View<T, Extents...>(data(), leading()); }
  View<const T, Extents...> view() const& { return View<const T, Extents...>(data(), leading()); }
  void view() && = delete;

  // The element at one index per axis; operator() trusts the index, at() throws Error.
  template <class... Index>
    requires(sizeof...(Index) == rank)
  T& operator()(Index... index) {
    return data()[offset(index...)];
  }
  template <class... Index>
    requires(sizeof...(Index) == rank)
  const T& operator()(Index... index) const {
    return data()[offset(index...)];
  }
  template <class... Index>
    requires(sizeof...(Index) == rank)
  T& at(Index... index) {
    detail::check_index<rank>({static_cast<std::size_t>(index)...}, extents());
    return (*this)(index...);
  }
  template <class... Index>
    requires(sizeof...(Index) == rank)
  const T& at(Index... index) const {
    detail::check_index<rank>({static_cast<std::size_t>(index)...}, extents());
    return (*this)(index...);
  }

  // The sub-array at an index of the leading axis, as a view.
  auto operator[](std::size_t index) & { return view()[index]; }
  auto operator[](std::size_t index) const& { return view()[index]; }
  void operator[](std::size_t index) && = delete;

  // The one element of a scalar.
  T item() const
    requires(rank == 0)
  {
    return *data();
  }

  void fill(T value) { std::fill_n(data(), size(), value); }

  // Same extents and equal elements.
  friend bool operator==(const Tensor& a, const Tensor& b) {
    return a.leading() == b.leading() && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  static constexpr std::size_t rows_at_first = shape_type::is_dynamic ? 0 : shape_type::leading;

  template <class... Index>
  static std::size_t offset(Index... index) {
    std::size_t result = 0, axis = 0;
    ((result = result * (axis == 0 ? 0 : shape_type::extents[axis]) +
               static_cast<std::size_t>(index),
      ++axis),
     ...);
    return result;
  }

  template <std::size_t Axis, class List>
  void copy_list(const List& list, T*& target) {
    const std::size_t expected = Axis == 0 ? leading() : shape_type::extents[Axis];
    if (list.size() != expected)
      fail("Tensor", "a list must have as many values as its axis",
           std::to_string(list.size()) + " values, axis " + std::to_string(Axis) + ", shape " +
               to_string(shape_type{}, leading()));
    for (const auto& value : list) {
      if constexpr (Axis + 1 < rank) copy_list<Axis + 1>(value, target);
      else *target++ = value;
    }
  }

  detail::Storage<T> storage_;
  std::size_t leading_ = 0;  // meaningful where the leading extent is dynamic
};

template <class T, std::size_t... Extents>
Tensor(const View<T, Extents...>&) -> Tensor<std::remove_const_t<T>, Extents...>;

}  // namespace weft
