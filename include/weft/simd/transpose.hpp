#pragma once

#include <weft/simd/tile.hpp>

#include <type_traits>

// Transposition of square blocks in registers.

namespace weft::inline WEFT_TARGET::simd {

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

// transpose_block() turns over a block of Size rows and columns: a whole register, or half of an
// AVX-512 one.
template <std::size_t Size>
using Block = std::integral_constant<std::size_t, Size>;

#if defined(__AVX2__)

template <class T>
inline constexpr std::size_t smallest_block = 32 / sizeof(T);

// Three rounds of pairing: neighbours (elements of rows 2i, 2i+1), pairs, halves of a register.
[[gnu::always_inline]] inline void transpose_block(Block<8>, const float* source,
                                                   std::size_t source_stride, float* target,
                                                   std::size_t target_stride) {
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

[[gnu::always_inline]] inline void transpose_block(Block<4>, const double* source,
                                                   std::size_t source_stride, double* target,
                                                   std::size_t target_stride) {
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

#if defined(__AVX512F__)

// The same with four parts in a register. On an Intel Xeon, C = A B^T is 2 to 14 % faster than with
// the blocks above; on Zen 4, blocks of whole registers were no faster in another form, and these
// were not tried.
[[gnu::always_inline]] inline void transpose_block(Block<16>, const float* source,
                                                   std::size_t source_stride, float* target,
                                                   std::size_t target_stride) {
  const std::size_t part = 4 * source_stride;
#pragma GCC unroll 4
  for (std::size_t k = 0; k < 16; k += 4) {
    __m512 rows[4];  // columns k..k + 3 of rows j | j + 4 | j + 8 | j + 12
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      const float* from = source + j * source_stride + k;
      rows[j] = _mm512_castps128_ps512(_mm_loadu_ps(from));
      rows[j] = _mm512_insertf32x4(rows[j], _mm_loadu_ps(from + part), 1);
      rows[j] = _mm512_insertf32x4(rows[j], _mm_loadu_ps(from + 2 * part), 2);
      rows[j] = _mm512_insertf32x4(rows[j], _mm_loadu_ps(from + 3 * part), 3);
    }
    const __m512d ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(rows[0], rows[1]));
    const __m512d ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(rows[0], rows[1]));
    const __m512d cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(rows[2], rows[3]));
    const __m512d cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(rows[2], rows[3]));
    float* to = target + k * target_stride;
    _mm512_storeu_ps(to, _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low)));
    _mm512_storeu_ps(to + target_stride, _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low)));
    _mm512_storeu_ps(to + 2 * target_stride,
                     _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high)));
    _mm512_storeu_ps(to + 3 * target_stride,
                     _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high)));
  }
}

[[gnu::always_inline]] inline void transpose_block(Block<8>, const double* source,
                                                   std::size_t source_stride, double* target,
                                                   std::size_t target_stride) {
  const std::size_t part = 2 * source_stride;
#pragma GCC unroll 4
  for (std::size_t k = 0; k < 8; k += 2) {
    __m512d rows[2];  // columns k and k + 1 of rows j | j + 2 | j + 4 | j + 6
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) {
      const double* from = source + j * source_stride + k;
      rows[j] = _mm512_castpd128_pd512(_mm_loadu_pd(from));
      rows[j] = _mm512_insertf64x2(rows[j], _mm_loadu_pd(from + part), 1);
      rows[j] = _mm512_insertf64x2(rows[j], _mm_loadu_pd(from + 2 * part), 2);
      rows[j] = _mm512_insertf64x2(rows[j], _mm_loadu_pd(from + 3 * part), 3);
    }
    double* to = target + k * target_stride;
    _mm512_storeu_pd(to, _mm512_unpacklo_pd(rows[0], rows[1]));
    _mm512_storeu_pd(to + target_stride, _mm512_unpackhi_pd(rows[0], rows[1]));
  }
}

#endif

#else

template <class T>
inline constexpr std::size_t smallest_block = width<T>;

// log2(width) rounds of interleaving row i with row i + width / 2 transpose a square.
template <class T>
[[gnu::always_inline]] inline void transpose_block(Block<width<T>>, const T* source,
                                                   std::size_t source_stride, T* target,
                                                   std::size_t target_stride) {
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

// transpose() in blocks of Size, the rest in smaller ones.
template <std::size_t Size, class T>
inline void transpose_by(const T* source, std::size_t source_stride, std::size_t rows,
                         std::size_t columns, T* target, std::size_t target_stride) {
  if constexpr (Size < smallest_block<T>) {
    portable::transpose(source, source_stride, rows, columns, target, target_stride);
  } else {
    const std::size_t whole_rows = rows - rows % Size, whole_columns = columns - columns % Size;
    for (std::size_t j = 0; j < whole_rows; j += Size)
      for (std::size_t k = 0; k < whole_columns; k += Size)
        transpose_block(Block<Size>{}, source + j * source_stride + k, source_stride,
                        target + k * target_stride + j, target_stride);
    transpose_by<Size / 2>(source + whole_columns, source_stride, whole_rows,
                           columns - whole_columns, target + whole_columns * target_stride,
                           target_stride);
    transpose_by<Size / 2>(source + whole_rows * source_stride, source_stride, rows - whole_rows,
                           columns, target + whole_rows, target_stride);
  }
}

// target[k * target_stride + j] = source[j * source_stride + k], j < rows, k < columns.
//
// A function of its own: within a product its registers cost the small ones 5 %.
template <class T>
[[gnu::noinline]] inline void transpose(const T* source, std::size_t source_stride,
                                        std::size_t rows, std::size_t columns, T* target,
                                        std::size_t target_stride) {
  transpose_by<width<T>>(source, source_stride, rows, columns, target, target_stride);
}

}  // namespace weft::simd
