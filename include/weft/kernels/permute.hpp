#pragma once

#include <weft/kernels/rows.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// target[i][j] = source[i][j], or +=, for a block of rows x columns elements.
//
// The strides are elements from one row to the next. The blocks must not overlap.
template <class T>
[[gnu::noinline]] void copy_rows(std::size_t rows, std::size_t columns, const T* source,
                                 std::size_t source_stride, T* target, std::size_t target_stride,
                                 Write write = Write::store) {
  for (std::size_t i = 0; i < rows; ++i, source += source_stride, target += target_stride)
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      part.write(target + j, part.load(source + j), write);
    });
}

// Reads elements with any strides and writes them, or adds them, row-major without gaps.
//
// extents are those of the target; strides[axis] is the number of elements of the source from one
// index of that axis to the next. Any rank. The memories must not overlap.
template <class T>
[[gnu::noinline]] void permute(std::size_t rank, const std::size_t* extents,
                               const std::size_t* strides, const T* source, T* target,
                               Write write = Write::store) {
  if (rank == 0) return copy_rows<T>(1, 1, source, 1, target, 1, write);
  if (strides[rank - 1] == 1 && rank <= 2) {
    const std::size_t rows = rank == 2 ? extents[0] : 1;
    const std::size_t columns = extents[rank - 1];
    return copy_rows<T>(rows, columns, source, strides[0], target, columns, write);
  }
  if (rank == 1) {
    for (std::size_t i = 0; i < extents[0]; ++i)
      target[i] = write == Write::add ? source[i * strides[0]] + target[i] : source[i * strides[0]];
    return;
  }
  std::size_t step = 1;
  for (std::size_t axis = 1; axis < rank; ++axis) step *= extents[axis];
  for (std::size_t i = 0; i < extents[0]; ++i)
    permute<T>(rank - 1, extents + 1, strides + 1, source + i * strides[0], target + i * step,
               write);
}

}  // namespace weft::kernels
