#pragma once

// The instruction set this translation unit is compiled for.
//
// Everything in weft lives in an inline namespace named after it, so that objects built with
// different flags have different symbols, link together and run side by side:
//
//   namespace weft::inline WEFT_TARGET { ... }

// One name for one set: what lies between two of them is refused.

#if defined(__AVX512F__)
#if !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512CD__) || \
    !defined(__AVX512VL__)
#error "weft needs BW, DQ, CD and VL where AVX-512 is enabled, as -march=x86-64-v4 does"
#endif
// Whether half a register costs half. It does on Zen 4, which takes 512 bits in two passes, and
// which older compilers call a Zen 3 with AVX-512. An Intel Xeon does as many multiply-adds a
// second of the one as of the other. The bits of a result do not depend on it.
#if !defined(WEFT_HALF_REGISTERS)
#if defined(__znver4__) || defined(__znver3__)
#define WEFT_HALF_REGISTERS 1
#else
#define WEFT_HALF_REGISTERS 0
#endif
#endif
#if WEFT_HALF_REGISTERS
#define WEFT_TARGET avx512_in_halves
#else
#define WEFT_TARGET avx512
#endif
#define WEFT_TARGET_NAME "AVX-512"
#elif defined(__AVX__)
#if !defined(__AVX2__) || !defined(__FMA__)
#error "weft needs AVX2 and FMA where AVX is enabled, as -march=x86-64-v3 does"
#endif
#define WEFT_TARGET avx2
#define WEFT_TARGET_NAME "AVX2"
#elif defined(__SSE4_2__)
#define WEFT_TARGET sse4_2
#define WEFT_TARGET_NAME "SSE4.2"
#elif defined(__SSE2__)
#define WEFT_TARGET sse2
#define WEFT_TARGET_NAME "SSE2"
#elif defined(__aarch64__)
#define WEFT_TARGET neon64
#define WEFT_TARGET_NAME "NEON"
#else
#error "weft needs SSE2, SSE4.2, AVX2, AVX-512 or 64-bit NEON"
#endif

namespace weft::inline WEFT_TARGET {

// Instruction set of this translation unit, as people write it: "AVX-512", "AVX2", "SSE4.2", ...
inline constexpr const char* instruction_set = WEFT_TARGET_NAME;

// Every buffer starts on a cache line, whatever the instruction set.
inline constexpr unsigned long alignment = 64;

// Whether a kernel overwrites its output or adds to it.
enum class Write : bool { store, add };

}  // namespace weft
