#pragma once

#include <weft/kernels/reduce.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// y = (x - mean) * reciprocal * gain + bias for each row of x (rows, columns), where
// reciprocal = 1 / sqrt(variance + epsilon), the variance over columns (Ba et al. 2016).
//
// gain and bias: (columns), either may be null. mean and reciprocal: (rows), kept for backward.
template <class T>
[[gnu::flatten]] void layer_norm(const T* x, std::size_t rows, std::size_t columns,
                                 const T* gain, const T* bias, T epsilon, T* y, T* mean,
                                 T* reciprocal) {
  using Batch = simd::Batch<T>;
  const T count = static_cast<T>(columns);
  for (std::size_t i = 0; i < rows; ++i, x += columns, y += columns) {
    mean[i] = row_sum(x, columns) / count;
    const Batch center(mean[i]), zero(T{0});
    Batch squares = zero;
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch difference = part.only(part.load(x + j) - center, zero);
      squares = simd::fma(difference, difference, squares);
    });
    reciprocal[i] = T{1} / std::sqrt(simd::sum(squares) / count + epsilon);
    const Batch factor(reciprocal[i]);
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      Batch value = (part.load(x + j) - center) * factor;
      if (gain) value = value * part.load(gain + j);
      if (bias) value = value + part.load(bias + j);
      part.store(y + j, value);
    });
  }
}

// Gradients of layer_norm. With h = (x - mean) * reciprocal and g = dy * gain, per row:
//   dx = or += reciprocal * (g - average(g) - h * average(g h)),
//   dgain += dy h, dbias += dy, summed over the rows in their order.
// dx, dgain and dbias are left out where null.
template <class T>
[[gnu::flatten]] void layer_norm_backward(const T* dy, const T* x, const T* mean,
                                          const T* reciprocal, const T* gain, std::size_t rows,
                                          std::size_t columns, T* dx, Write write, T* dgain,
                                          T* dbias) {
  using Batch = simd::Batch<T>;
  const T count = static_cast<T>(columns);
  for (std::size_t i = 0; i < rows; ++i, x += columns, dy += columns) {
    const Batch center(mean[i]), factor(reciprocal[i]);
    Batch sum(T{0}), sum_of_products(T{0});
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch d = part.load(dy + j);
      const Batch h = (part.load(x + j) - center) * factor;
      if (dgain) part.store(dgain + j, simd::fma(d, h, part.load(dgain + j)));
      if (dbias) part.store(dbias + j, part.load(dbias + j) + d);
      const Batch g = gain ? d * part.load(gain + j) : d;
      sum += g;
      sum_of_products = simd::fma(g, h, sum_of_products);
    });
    if (!dx) continue;
    const Batch average(simd::sum(sum) / count);
    const Batch average_of_products(simd::sum(sum_of_products) / count);
    for_each_register<T>(columns, [&](std::size_t j, auto part) {
      const Batch d = part.load(dy + j);
      const Batch h = (part.load(x + j) - center) * factor;
      const Batch g = gain ? d * part.load(gain + j) : d;
      part.write(dx + j, factor * (g - average - h * average_of_products), write);
    });
    dx += columns;
  }
}

}  // namespace weft::kernels
