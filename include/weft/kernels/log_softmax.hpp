#pragma once

#include <weft/kernels/reduce.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// y = x - log(sum_k exp x(k)) for each row of a (rows, columns) matrix without gaps.
template <class T>
[[gnu::flatten]] void log_softmax_rows(const T* x, T* y, std::size_t rows, std::size_t columns) {
  using Batch = simd::Batch<T>;
  for (std::size_t i = 0; i < rows; ++i, x += columns, y += columns) {
    const Batch greatest(row_max(x, columns)), zero(T{0});
    Batch sums = zero;
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      sums += part.only(simd::exp_fast(part.load(x + j) - greatest), zero);
    });
    const Batch logarithm(std::log(simd::sum(sums)));
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      part.store(y + j, part.load(x + j) - greatest - logarithm);
    });
  }
}

// dx = or += dy - exp(y) sum_k dy(k), from the result y of log_softmax_rows.
template <class T>
[[gnu::flatten]] void log_softmax_rows_backward(const T* y, const T* dy, T* dx, std::size_t rows,
                                                std::size_t columns, Write write) {
  using Batch = simd::Batch<T>;
  for (std::size_t i = 0; i < rows; ++i, y += columns, dy += columns, dx += columns) {
    const Batch sum(row_sum(dy, columns));
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch p = simd::exp_fast(part.load(y + j));
      part.write(dx + j, part.load(dy + j) - p * sum, write);
    });
  }
}

}  // namespace weft::kernels
