#pragma once

#include <weft/core/config.hpp>

#include <cstddef>

// g++ 12 warns of its own AVX-512 header, where a register that is about to be masked is left
// uninitialised on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__AVX2__)
#include <immintrin.h>
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// The vector type the kernels are written with, and the words xsimd lacks.
//
// Only the headers of simd/ know xsimd or an intrinsic. Each intrinsic has a portable twin, which
// other instruction sets use and the tests compare with: in simd::portable, or for fma std::fma.

namespace weft::inline WEFT_TARGET::simd {

// As many elements of T (float or double) as one register of this instruction set holds.
template <class T>
using Batch = xsimd::batch<T>;

template <class T>
inline constexpr std::size_t width = Batch<T>::size;

template <class T>
[[gnu::always_inline]] inline Batch<T> load(const T* source) {
  return Batch<T>::load_unaligned(source);
}

template <class T>
[[gnu::always_inline]] inline void store(T* target, Batch<T> value) {
  value.store_unaligned(target);
}

// a b + c, rounded once where the machine has the instruction (not with SSE).
template <class T>
[[gnu::always_inline]] inline Batch<T> fma(Batch<T> a, Batch<T> b, Batch<T> c) {
#if defined(__AVX512F__)
  // xsimd 8 knows no multiply-add of this register and multiplies, then adds.
  if constexpr (sizeof(T) == 4)
    return Batch<T>(_mm512_fmadd_ps(a, b, c));
  else
    return Batch<T>(_mm512_fmadd_pd(a, b, c));
#else
  return xsimd::fma(a, b, c);
#endif
}

namespace portable {

// The first count < width elements, zeros behind them; nothing past them is read.
template <class T>
inline Batch<T> load_first(const T* source, std::size_t count) {
  alignas(alignment) T buffer[width<T>] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[i] = source[i];
  return Batch<T>::load_aligned(buffer);
}

// Stores the first count elements and leaves what lies behind them.
template <class T>
inline void store_first(T* target, Batch<T> value, std::size_t count) {
  alignas(alignment) T buffer[width<T>];
  value.store_aligned(buffer);
  for (std::size_t i = 0; i < count; ++i) target[i] = buffer[i];
}

}  // namespace portable

#if defined(__AVX2__) && !defined(__AVX512F__)
namespace detail {

// A mask of the first count lanes: a window on as many set lanes as clear ones.
template <class T>
[[gnu::always_inline]] inline __m256i first_lanes(std::size_t count) {
  alignas(alignment) static constexpr int lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const int* window = lanes + 8 - count * (sizeof(T) / 4);
  return _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(window)));
}

}  // namespace detail
#endif

// The first count <= width elements, zeros behind them; nothing past them is read.
template <class T>
[[gnu::always_inline]] inline Batch<T> load_first(const T* source, std::size_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return Batch<T>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), source));
  else
    return Batch<T>(_mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), source));
#elif defined(__AVX2__)
  const __m256i mask = detail::first_lanes<T>(count);
  if constexpr (sizeof(T) == 4) return Batch<T>(_mm256_maskload_ps(source, mask));
  else return Batch<T>(_mm256_maskload_pd(source, mask));
#else
  return portable::load_first(source, count);
#endif
}

// Stores the first count <= width elements and leaves what lies behind them.
template <class T>
[[gnu::always_inline]] inline void store_first(T* target, Batch<T> value, std::size_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(target, static_cast<__mmask16>((1u << count) - 1), value);
  else
    _mm512_mask_storeu_pd(target, static_cast<__mmask8>((1u << count) - 1), value);
#elif defined(__AVX2__)
  const __m256i mask = detail::first_lanes<T>(count);
  if constexpr (sizeof(T) == 4) _mm256_maskstore_ps(target, mask, value);
  else _mm256_maskstore_pd(target, mask, value);
#else
  portable::store_first(target, value, count);
#endif
}

}  // namespace weft::simd
