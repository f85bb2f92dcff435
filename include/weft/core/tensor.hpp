#pragma once

#include <weft/core/arena.hpp>
#include <weft/core/view.hpp>

#include <algorithm>
#include <initializer_list>
#include <memory>

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
  Tensor() : Tensor(uninitialized, shape_type::is_dynamic ? 0 : shape_type::leading) {
    if constexpr (!shape_type::is_dynamic) fill(T{});
  }

  // leading rows of zeros.
  explicit Tensor(std::size_t leading)
    requires(shape_type::is_dynamic)
      : Tensor(uninitialized, leading) {
    fill(T{});
  }

  explicit Tensor(Uninitialized, std::size_t leading = shape_type::leading, Arena* arena = nullptr)
      : arena_(arena), leading_(leading) {
    constexpr std::size_t row_bytes = std::max<std::size_t>(shape_type::tail, 1) * sizeof(T);
    if (leading > static_cast<std::size_t>(-1) / 2 / row_bytes) throw std::bad_alloc();
    const std::size_t count = leading * shape_type::tail;
    if (arena) data_ = arena->allocate<T>(count);
    else data_ = static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{alignment}));
  }

  // Nested braces, one level an axis. Throws Error where a list has another length.
  Tensor(typename detail::NestedList<T, rank>::type values)
    requires(rank > 0)
      : Tensor(uninitialized, shape_type::is_dynamic ? values.size() : shape_type::leading) {
    T* target = data_;
    copy_list<0>(values, target);
  }

  // A scalar.
  Tensor(std::type_identity_t<T> value)
    requires(rank == 0)
      : Tensor(uninitialized) {
    *data_ = value;
  }

  // The elements of a view, copied.
  template <class U>
    requires std::is_same_v<std::remove_const_t<U>, T>
  explicit Tensor(const View<U, Extents...>& view) : Tensor(uninitialized, view.leading()) {
    copy_elements(view, data_);
  }

  Tensor(const Tensor& other) : Tensor(uninitialized, other.leading()) {
    std::copy_n(other.data_, size(), data_);
  }
  Tensor(Tensor&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        arena_(std::exchange(other.arena_, nullptr)),
        leading_(std::exchange(other.leading_, 0)) {}
  Tensor& operator=(const Tensor& other) {
    if (this == &other) return *this;
    if (data_ && leading() == other.leading()) std::copy_n(other.data_, size(), data_);
    else *this = Tensor(other);
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(arena_, other.arena_);
    std::swap(leading_, other.leading_);
    return *this;
  }
  ~Tensor() {
    if (!arena_) ::operator delete(data_, std::align_val_t{alignment});
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size(); }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size(); }

  std::size_t leading() const {
    if constexpr (shape_type::is_dynamic) return leading_;
    else return shape_type::leading;
  }
  std::size_t size() const { return leading() * shape_type::tail; }
  std::array<std::size_t, rank> extents() const { return extents_of<shape_type>(leading()); }
  std::size_t extent(std::size_t axis) const { return extents()[axis]; }

  // The arena the elements lie in; null for the heap.
  Arena* arena() const { return arena_; }

  View<T, Extents...> view() & { return View<T, Extents...>(data_, leading()); }
  View<const T, Extents...> view() const& { return View<const T, Extents...>(data_, leading()); }
  void view() && = delete;

  // The element at one index per axis; operator() trusts the index, at() throws Error.
  template <class... Index>
    requires(sizeof...(Index) == rank)
  T& operator()(Index... index) {
    return data_[offset(index...)];
  }
  template <class... Index>
    requires(sizeof...(Index) == rank)
  const T& operator()(Index... index) const {
    return data_[offset(index...)];
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
    return *data_;
  }

  void fill(T value) { std::fill_n(data_, size(), value); }

  // Same extents and equal elements.
  friend bool operator==(const Tensor& a, const Tensor& b) {
    return a.leading() == b.leading() && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
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

  T* data_ = nullptr;
  Arena* arena_ = nullptr;
  std::size_t leading_ = 0;  // meaningful where the leading extent is dynamic
};

template <class T, std::size_t... Extents>
Tensor(const View<T, Extents...>&) -> Tensor<std::remove_const_t<T>, Extents...>;

}  // namespace weft
