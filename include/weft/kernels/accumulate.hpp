#pragma once

#include <weft/simd/batch.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// target += source, count elements each; the two must not overlap.
template <class T>
void add_to(std::size_t count, const T* source, T* target) {
  constexpr std::size_t width = simd::width<T>;
  std::size_t i = 0;
  for (; i + 4 * width <= count; i += 4 * width) {
    for (std::size_t j = i; j < i + 4 * width; j += width)
      simd::store(target + j, simd::load(target + j) + simd::load(source + j));
  }
  for (; i + width <= count; i += width)
    simd::store(target + i, simd::load(target + i) + simd::load(source + i));
  if (i < count) {
    const std::size_t left = count - i;
    simd::store_first(target + i,
                      simd::load_first(target + i, left) + simd::load_first(source + i, left),
                      left);
  }
}

}  // namespace weft::kernels
