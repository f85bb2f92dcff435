#pragma once

#include <weft/kernels/rows.hpp>
#include <weft/simd/reduce.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// sum_i (a(i) - b(i))^2, in the order of the lanes of a register.
template <class T>
T squared_error(std::size_t n, const T* a, const T* b) {
  simd::Batch<T> sum(T{0});
  for_each_register<T>(n, [&](std::size_t i, auto part) {
    const auto difference = part.load(a + i) - part.load(b + i);
    sum = simd::fma(difference, difference, sum);
  });
  return simd::sum(sum);
}

// y = or += factor (a - b).
template <class T>
void scaled_difference(std::size_t n, T factor, const T* a, const T* b, T* y, Write write) {
  const simd::Batch<T> scale(factor);
  for_each_register<T>(n, [&](std::size_t i, auto part) {
    part.write(y + i, scale * (part.load(a + i) - part.load(b + i)), write);
  });
}

}  // namespace weft::kernels
