#pragma once

#include <weft/simd/batch.hpp>

namespace weft::inline WEFT_TARGET::simd {

// What a comparison of two registers gives: true or false for each element.
template <class T>
using BatchBool = xsimd::batch_bool<T>;

// a where the mask is true, b elsewhere.
template <class T>
[[gnu::always_inline]] inline Batch<T> select(BatchBool<T> mask, Batch<T> a, Batch<T> b) {
  return xsimd::select(mask, a, b);
}

// The greater and the lesser of two; either of them where one is NaN.
template <class T>
[[gnu::always_inline]] inline Batch<T> max(Batch<T> a, Batch<T> b) {
  return xsimd::max(a, b);
}
template <class T>
[[gnu::always_inline]] inline Batch<T> min(Batch<T> a, Batch<T> b) {
  return xsimd::min(a, b);
}

template <class T>
[[gnu::always_inline]] inline Batch<T> abs(Batch<T> x) {
  return xsimd::abs(x);
}

template <class T>
[[gnu::always_inline]] inline Batch<T> sqrt(Batch<T> x) {
  return xsimd::sqrt(x);
}

}  // namespace weft::simd
