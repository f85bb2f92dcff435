#pragma once

#include <weft/kernels/rows.hpp>
#include <weft/simd/reduce.hpp>

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

template <class T>
[[gnu::flatten]] T squared_error_of_block(std::size_t n, const T* a, const T* b) {
  simd::Batch<T> sum(T{0});
  for_each_register<T>(n, [&](std::size_t i, auto part) {
    const auto difference = part.load(a + i) - part.load(b + i);
    sum = simd::fma(difference, difference, sum);
  });
  return simd::sum(sum);
}

}  // namespace detail

// sum_i (a(i) - b(i))^2. Blocks of 1,024 are added up in double, so that the error of a long sum
// does not grow with it.
template <class T>
T squared_error(std::size_t n, const T* a, const T* b) {
  constexpr std::size_t block = 1024;
  double sum = 0;
  for (std::size_t i = 0; i < n; i += block)
    sum += static_cast<double>(
        detail::squared_error_of_block(n - i < block ? n - i : block, a + i, b + i));
  return static_cast<T>(sum);
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
