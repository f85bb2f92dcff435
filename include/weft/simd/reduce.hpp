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

namespace portable {

// Greatest element of one register; any of them where one is NaN.
template <class T>
inline T max(Batch<T> value) {
  alignas(alignment) T elements[width<T>];
  value.store_aligned(elements);
  T result = elements[0];
  for (std::size_t i = 1; i < width<T>; ++i) result = elements[i] > result ? elements[i] : result;
  return result;
}

}  // namespace portable

#if defined(__AVX2__)
namespace detail {

[[gnu::always_inline]] inline float max(__m128 value) {
  value = _mm_max_ps(value, _mm_movehl_ps(value, value));
  return _mm_cvtss_f32(_mm_max_ss(value, _mm_movehdup_ps(value)));
}
[[gnu::always_inline]] inline double max(__m128d value) {
  return _mm_cvtsd_f64(_mm_max_sd(value, _mm_unpackhi_pd(value, value)));
}
[[gnu::always_inline]] inline float max(__m256 value) {
  return max(_mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1)));
}
[[gnu::always_inline]] inline double max(__m256d value) {
  return max(_mm_max_pd(_mm256_castpd256_pd128(value), _mm256_extractf128_pd(value, 1)));
}
#if defined(__AVX512F__)
[[gnu::always_inline]] inline float max(__m512 value) {
  return max(_mm256_max_ps(_mm512_castps512_ps256(value), _mm512_extractf32x8_ps(value, 1)));
}
[[gnu::always_inline]] inline double max(__m512d value) {
  return max(_mm256_max_pd(_mm512_castpd512_pd256(value), _mm512_extractf64x4_pd(value, 1)));
}
#endif

}  // namespace detail
#endif

// Greatest element of one register; any of them where one is NaN.
template <class T>
[[gnu::always_inline]] inline T max(Batch<T> value) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return detail::max(static_cast<__m512>(value));
  else return detail::max(static_cast<__m512d>(value));
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return detail::max(static_cast<__m256>(value));
  else return detail::max(static_cast<__m256d>(value));
#else
  return portable::max(value);
#endif
}

}  // namespace weft::simd
