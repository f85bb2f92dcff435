#pragma once

#include <weft/kernels/reduce.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// y = x * reciprocal * gain for each row of x (rows, columns), where
// reciprocal = 1 / sqrt(average(x^2) + epsilon) (Zhang and Sennrich 2019).
//
// gain: (columns), may be null. reciprocal: (rows), kept for backward.
template <class T>
[[gnu::flatten]] void rms_norm(const T* x, std::size_t rows, std::size_t columns, const T* gain,
                               T epsilon, T* y, T* reciprocal) {
  using Batch = simd::Batch<T>;
  for (std::size_t i = 0; i < rows; ++i, x += columns, y += columns) {
    Batch squares(T{0});
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch value = part.load(x + j);
      squares = simd::fma(value, value, squares);
    });
    reciprocal[i] = T{1} / std::sqrt(simd::sum(squares) / static_cast<T>(columns) + epsilon);
    const Batch factor(reciprocal[i]);
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch value = part.load(x + j) * factor;
      part.store(y + j, gain ? value * part.load(gain + j) : value);
    });
  }
}

// Gradients of rms_norm. With h = x * reciprocal and g = dy * gain, per row:
//   dx = or += reciprocal * (g - h * average(g h)),
//   dgain += dy h, summed over the rows in their order.
// dx and dgain are left out where null.
template <class T>
[[gnu::flatten]] void rms_norm_backward(const T* dy, const T* x, const T* reciprocal,
                                        const T* gain, std::size_t rows, std::size_t columns,
                                        T* dx, Write write, T* dgain) {
  using Batch = simd::Batch<T>;
  for (std::size_t i = 0; i < rows; ++i, x += columns, dy += columns) {
    const Batch factor(reciprocal[i]);
    Batch products(T{0});
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch d = part.load(dy + j);
      const Batch h = part.load(x + j) * factor;
      if (dgain) part.store(dgain + j, simd::fma(d, h, part.load(dgain + j)));
      const Batch g = gain ? d * part.load(gain + j) : d;
      products = simd::fma(g, h, products);
    });
    if (!dx) continue;
    const Batch average(simd::sum(products) / static_cast<T>(columns));
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch d = part.load(dy + j);
      const Batch h = part.load(x + j) * factor;
      const Batch g = gain ? d * part.load(gain + j) : d;
      part.write(dx + j, factor * (g - h * average), write);
    });
    dx += columns;
  }
}

}  // namespace weft::kernels
