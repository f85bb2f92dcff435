#pragma once

#include <weft/core/any_view.hpp>
#include <weft/core/tensor.hpp>

#include <optional>
#include <string>
#include <vector>

// Extents that a file gives: any number of them, not to be trusted before they are checked.

namespace weft::inline WEFT_TARGET::detail {

using FileExtents = std::vector<std::size_t>;

// Bytes of an array of these extents; nothing where that is more than can be addressed.
inline std::optional<std::size_t> byte_count(const FileExtents& extents,
                                             std::size_t element_bytes) {
  std::size_t count = element_bytes;
  bool overflow = false, empty = false;
  for (std::size_t extent : extents) {
    empty |= extent == 0;
    overflow |= __builtin_mul_overflow(count, extent, &count);
  }
  if (empty) return 0;
  if (overflow) return std::nullopt;
  return count;
}

// Whether an array of these extents has the shape S, whose leading extent may be dynamic.
template <class S>
bool fits_shape(const FileExtents& extents) {
  if (extents.size() != S::rank) return false;
  for (std::size_t axis = 0; axis < S::rank; ++axis)
    if (S::extents[axis] != dynamic && extents[axis] != S::extents[axis]) return false;
  return true;
}

template <class S>
FileExtents file_extents(S, std::size_t leading) {
  const auto extents = weft::extents_of<S>(leading);
  return FileExtents(extents.begin(), extents.end());
}

}  // namespace weft::detail
