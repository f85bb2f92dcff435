#pragma once

#include <weft/kernels/rows.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// y(i) = table(ids(i)): count rows of `columns` elements, taken from a table without gaps.
// Each id is a row of the table.
template <class T, class Index>
[[gnu::flatten]] void embedding(const T* table, const Index* ids, std::size_t count,
                                std::size_t columns, T* y) {
  for (std::size_t i = 0; i < count; ++i) {
    const T* row = table + static_cast<std::size_t>(ids[i]) * columns;
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      part.store(y + i * columns + j, part.load(row + j));
    });
  }
}

// table(ids(i)) += y(i), in the order of i.
template <class T, class Index>
[[gnu::flatten]] void embedding_backward(const T* y, const Index* ids, std::size_t count,
                                         std::size_t columns, T* table) {
  for (std::size_t i = 0; i < count; ++i) {
    T* row = table + static_cast<std::size_t>(ids[i]) * columns;
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      part.write(row + j, part.load(y + i * columns + j), Write::add);
    });
  }
}

}  // namespace weft::kernels
