#pragma once

#include <weft/core/view.hpp>

#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET {

namespace detail {

// "(3, 4)"
inline std::string extents_text(const std::vector<std::size_t>& extents) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(extents[axis]);
  return text + ")";
}

}  // namespace detail

// Elements of someone else's memory whose shape is known at run time only: row-major, without gaps.
// T may be const. Valid as long as what it looks at.
template <class T>
class AnyView {
 public:
  using value_type = std::remove_const_t<T>;

  AnyView(T* data, std::vector<std::size_t> extents)
      : data_(data),
        extents_(std::move(extents)),
        size_(detail::product(extents_.data(), 0, extents_.size())) {}

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t rank() const { return extents_.size(); }
  const std::vector<std::size_t>& extents() const { return extents_; }
  std::size_t extent(std::size_t axis) const { return extents_[axis]; }

  // The element at one index per axis, which is trusted.
  template <class... Index>
  T& operator()(Index... index) const {
    std::size_t offset = 0, axis = 0;
    ((offset = offset * extents_[axis++] + static_cast<std::size_t>(index)), ...);
    return data_[offset];
  }

 private:
  T* data_;
  std::vector<std::size_t> extents_;
  std::size_t size_;
};

}  // namespace weft
