#pragma once

#include <weft/kernels/rows.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// y(j) = or += scale sum_i x(i, j), for a (rows, columns) matrix without gaps; the rows are added
// in their order.
template <class T>
[[gnu::noinline]] void column_sum(std::size_t rows, std::size_t columns, const T* x, T* y,
                                  Write write = Write::store, T scale = T{1}) {
  using Batch = simd::Batch<T>;
  const Batch factor(scale);
  constexpr std::size_t width = simd::width<T>;
  std::size_t j = 0;
  for (; j + 4 * width <= columns; j += 4 * width) {  // hides the time an addition takes
    Batch sum0(T{0}), sum1(T{0}), sum2(T{0}), sum3(T{0});
    for (std::size_t i = 0; i < rows; ++i) {
      const T* row = x + i * columns + j;
      sum0 += simd::load(row);
      sum1 += simd::load(row + width);
      sum2 += simd::load(row + 2 * width);
      sum3 += simd::load(row + 3 * width);
    }
    const WholeRegister<T> part;
    part.write(y + j, factor * sum0, write);
    part.write(y + j + width, factor * sum1, write);
    part.write(y + j + 2 * width, factor * sum2, write);
    part.write(y + j + 3 * width, factor * sum3, write);
  }
  for_each_register<T>(columns - j, [&](std::size_t rest, auto part) {
    Batch sum(T{0});
    for (std::size_t i = 0; i < rows; ++i) sum += part.load(x + i * columns + j + rest);
    part.write(y + j + rest, factor * sum, write);
  });
}

}  // namespace weft::kernels
