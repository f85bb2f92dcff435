#pragma once

#include <weft/simd/batch.hpp>

namespace weft::inline WEFT_TARGET::simd {

// Sum of the elements of one register.
template <class T>
[[gnu::always_inline]] inline T sum(Batch<T> value) {
#if XSIMD_VERSION_MAJOR < 10
  return xsimd::hadd(value);
#else
  return xsimd::reduce_add(value);
#endif
}

// Greatest element of one register.
template <class T>
[[gnu::always_inline]] inline T max(Batch<T> value) {
  alignas(alignment) T elements[width<T>];
  value.store_aligned(elements);
  T result = elements[0];
  for (std::size_t i = 1; i < width<T>; ++i) result = elements[i] > result ? elements[i] : result;
  return result;
}

}  // namespace weft::simd
