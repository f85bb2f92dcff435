#pragma once

#include <weft/simd/batch.hpp>

#include <cstdint>
#include <type_traits>

// Registers for blocks of a matrix: whole ones, and halves where a half costs half as much.

namespace weft::inline WEFT_TARGET::simd {

// Vector registers the instruction set has.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr std::size_t register_count = 32;
#else
inline constexpr std::size_t register_count = 16;
#endif

// Half of an AVX-512 register where that is cheaper than a whole one; elsewhere a whole register.
#if defined(__AVX512F__) && WEFT_HALF_REGISTERS
template <class T>
using HalfBatch = xsimd::make_sized_batch_t<T, width<T> / 2>;
#else
template <class T>
using HalfBatch = Batch<T>;
#endif

template <class T>
inline constexpr std::size_t half_width = HalfBatch<T>::size;

// Asks for the cache line of an address, which need not be one that may be read.
[[gnu::always_inline]] inline void prefetch(std::uintptr_t address) {
  __builtin_prefetch(reinterpret_cast<const void*>(address), 0, 2);
}

namespace portable {

// load_first() and store_first() for a Batch or a HalfBatch.

template <class Register>
inline Register load_first_of(const typename Register::value_type* source, std::size_t count) {
  alignas(alignment) typename Register::value_type buffer[Register::size] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[i] = source[i];
  return Register::load_aligned(buffer);
}

template <class Register>
inline void store_first_of(typename Register::value_type* target, Register value,
                           std::size_t count) {
  alignas(alignment) typename Register::value_type buffer[Register::size];
  value.store_aligned(buffer);
  for (std::size_t i = 0; i < count; ++i) target[i] = buffer[i];
}

}  // namespace portable

// What batch.hpp has for Batch<T>, for a register type that is a Batch or a HalfBatch.

template <class Register>
[[gnu::always_inline]] inline Register load_of(const typename Register::value_type* source) {
  return Register::load_unaligned(source);
}

// a b + c, rounded as by fma(): a sum has the same bits in a whole register and in a half.
template <class Register>
[[gnu::always_inline]] inline Register fma_of(Register a, Register b, Register c) {
  using T = typename Register::value_type;
  if constexpr (std::is_same_v<Register, Batch<T>>) return fma<T>(a, b, c);
  else return xsimd::fma(a, b, c);
}

// The first count <= Register::size elements, zeros behind them; nothing past them is read.
template <class Register>
[[gnu::always_inline]] inline Register load_first_of(const typename Register::value_type* source,
                                                     std::size_t count) {
  using T = typename Register::value_type;
  if constexpr (std::is_same_v<Register, Batch<T>>) {
    return load_first<T>(source, count);
  } else {
#if defined(__AVX512F__)
    const auto mask = static_cast<__mmask8>((1u << count) - 1);
    if constexpr (sizeof(T) == 4) return Register(_mm256_maskz_loadu_ps(mask, source));
    else return Register(_mm256_maskz_loadu_pd(mask, source));
#else
    return portable::load_first_of<Register>(source, count);
#endif
  }
}

// Stores the first count <= Register::size elements and leaves what lies behind them.
template <class Register>
[[gnu::always_inline]] inline void store_first_of(typename Register::value_type* target,
                                                  Register value, std::size_t count) {
  using T = typename Register::value_type;
  if constexpr (std::is_same_v<Register, Batch<T>>) {
    store_first<T>(target, value, count);
  } else {
#if defined(__AVX512F__)
    const auto mask = static_cast<__mmask8>((1u << count) - 1);
    if constexpr (sizeof(T) == 4) _mm256_mask_storeu_ps(target, mask, value);
    else _mm256_mask_storeu_pd(target, mask, value);
#else
    portable::store_first_of(target, value, count);
#endif
  }
}

}  // namespace weft::simd
