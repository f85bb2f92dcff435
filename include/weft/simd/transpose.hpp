#pragma once

#include <weft/simd/tile.hpp>

// Transposition of square blocks in registers.

namespace weft::inline WEFT_TARGET::simd {

// Rows and columns of the block that transpose_block() turns over: 8 floats or 4 doubles with
// AVX2 and above, 4 or 2 below. Blocks of whole AVX-512 registers were no faster (Zen 4).
template <class T>
inline constexpr std::size_t transpose_width = width<T> / (sizeof(Batch<T>) > 32 ? 2 : 1);

namespace portable {

// target[k * target_stride + j] = source[j * source_stride + k], j < rows, k < columns.
template <class T>
inline void transpose(const T* source, std::size_t source_stride, std::size_t rows,
                      std::size_t columns, T* target, std::size_t target_stride) {
  for (std::size_t k = 0; k < columns; ++k)
    for (std::size_t j = 0; j < rows; ++j)
      target[k * target_stride + j] = source[j * source_stride + k];
}

}  // namespace portable

#if defined(__AVX2__)

// Three rounds of pairing: neighbours (elements of rows 2i, 2i+1), pairs, halves of a register.
[[gnu::always_inline]] inline void transpose_block(const float* source, std::size_t source_stride,
                                                   float* target, std::size_t target_stride) {
  // Rows j and j + 4 are loaded as the two halves of a register, which saves the last round:
  // a load into an upper half is not a shuffle.
  __m256 low[4], high[4];  // columns 0..3 and 4..7 of rows j | j + 4
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    const float* upper = source + j * source_stride;
    const float* lower = upper + 4 * source_stride;
    low[j] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper)),
                                  _mm_loadu_ps(lower), 1);
    high[j] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper + 4)),
                                   _mm_loadu_ps(lower + 4), 1);
  }
  const auto store_four = [=](const __m256(&rows)[4], float* to) {
    const __m256d ab_low = _mm256_castps_pd(_mm256_unpacklo_ps(rows[0], rows[1]));
    const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(rows[0], rows[1]));
    const __m256d cd_low = _mm256_castps_pd(_mm256_unpacklo_ps(rows[2], rows[3]));
    const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(rows[2], rows[3]));
    _mm256_storeu_ps(to, _mm256_castpd_ps(_mm256_unpacklo_pd(ab_low, cd_low)));
    _mm256_storeu_ps(to + target_stride, _mm256_castpd_ps(_mm256_unpackhi_pd(ab_low, cd_low)));
    _mm256_storeu_ps(to + 2 * target_stride,
                     _mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high)));
    _mm256_storeu_ps(to + 3 * target_stride,
                     _mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high)));
  };
  store_four(low, target);
  store_four(high, target + 4 * target_stride);
}

[[gnu::always_inline]] inline void transpose_block(const double* source, std::size_t source_stride,
                                                   double* target, std::size_t target_stride) {
  __m256d low[2], high[2];  // columns 0..1 and 2..3 of rows j | j + 2
#pragma GCC unroll 2
  for (std::size_t j = 0; j < 2; ++j) {
    const double* upper = source + j * source_stride;
    const double* lower = upper + 2 * source_stride;
    low[j] = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(upper)),
                                  _mm_loadu_pd(lower), 1);
    high[j] = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(upper + 2)),
                                   _mm_loadu_pd(lower + 2), 1);
  }
  _mm256_storeu_pd(target, _mm256_unpacklo_pd(low[0], low[1]));
  _mm256_storeu_pd(target + target_stride, _mm256_unpackhi_pd(low[0], low[1]));
  _mm256_storeu_pd(target + 2 * target_stride, _mm256_unpacklo_pd(high[0], high[1]));
  _mm256_storeu_pd(target + 3 * target_stride, _mm256_unpackhi_pd(high[0], high[1]));
}

#else

// log2(width) rounds of interleaving row i with row i + width / 2 transpose a square.
template <class T>
[[gnu::always_inline]] inline void transpose_block(const T* source, std::size_t source_stride,
                                                   T* target, std::size_t target_stride) {
  constexpr std::size_t size = width<T>;
  Batch<T> rows[size], next[size];
  for (std::size_t j = 0; j < size; ++j) rows[j] = load(source + j * source_stride);
  for (std::size_t round = 1; round < size; round *= 2) {
    for (std::size_t j = 0; j < size / 2; ++j) {
      next[2 * j] = xsimd::zip_lo(rows[j], rows[j + size / 2]);
      next[2 * j + 1] = xsimd::zip_hi(rows[j], rows[j + size / 2]);
    }
    for (std::size_t j = 0; j < size; ++j) rows[j] = next[j];
  }
  for (std::size_t j = 0; j < size; ++j) store(target + j * target_stride, rows[j]);
}

#endif

// target[k * target_stride + j] = source[j * source_stride + k], j < rows, k < columns.
template <class T>
inline void transpose(const T* source, std::size_t source_stride, std::size_t rows,
                      std::size_t columns, T* target, std::size_t target_stride) {
  constexpr std::size_t size = transpose_width<T>;
  const std::size_t whole_rows = rows - rows % size, whole_columns = columns - columns % size;
  for (std::size_t j = 0; j < whole_rows; j += size)
    for (std::size_t k = 0; k < whole_columns; k += size)
      transpose_block(source + j * source_stride + k, source_stride,
                      target + k * target_stride + j, target_stride);
  portable::transpose(source + whole_columns, source_stride, whole_rows, columns - whole_columns,
                      target + whole_columns * target_stride, target_stride);
  portable::transpose(source + whole_rows * source_stride, source_stride, rows - whole_rows,
                      columns, target + whole_rows, target_stride);
}

}  // namespace weft::simd
