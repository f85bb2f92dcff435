#pragma once

#include <weft/simd/select.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

// Exponentials, and what the functions of math.hpp and normal.hpp share with them.
//
// Errors, there and here, are in units in the last place (ulp) of the result: the greatest that
// sweeps over all exponents found, in float and double, with and without fused multiply-add. The
// tests repeat a part of them. Polynomials are minimax fits by Remez's algorithm. NaN gives NaN.

namespace weft::inline WEFT_TARGET::simd {

namespace detail {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

template <class T>
inline constexpr bool is_float = sizeof(T) == 4;

// Bits of the fraction of a T, and what its exponent field holds for 1.
template <class T>
inline constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
template <class T>
inline constexpr int exponent_bias = std::numeric_limits<T>::max_exponent - 1;

// Added to a small number, it rounds it to an integer and leaves that in the lowest bits.
template <class T>
inline constexpr T shifter = static_cast<T>(Bits<T>{3} << (fraction_bits<T> - 1));

// ln 2 in two parts, the first so short that its product with an exponent is exact.
template <class T>
inline constexpr T ln2_high = static_cast<T>(is_float<T> ? 0x1.63p-1 : 0x1.62e42feep-1);
template <class T>
inline constexpr T ln2_low =
    static_cast<T>(is_float<T> ? -0x1.bd0105c610ca8p-13 : 0x1.a39ef35793c76p-33);

// c0 + c1 x + c2 x^2 + ... by Horner's rule.
template <class T, class... C>
[[gnu::always_inline]] inline Batch<T> polynomial(Batch<T> x, double c0, C... c) {
  if constexpr (sizeof...(c) == 0) return Batch<T>(static_cast<T>(c0));
  else return simd::fma(detail::polynomial(x, c...), x, Batch<T>(static_cast<T>(c0)));
}

// 2^n for an integer n that is the exponent of a normal number.
template <class T>
[[gnu::always_inline]] inline Batch<T> power_of_two(Batch<T> n) {
  const auto biased = n + Batch<T>(shifter<T> + exponent_bias<T>);
  const auto exponent = std::bit_cast<xsimd::batch<Bits<T>>>(biased) << fraction_bits<T>;
  return std::bit_cast<Batch<T>>(exponent);
}

}  // namespace detail

namespace portable {

// The same in two steps, each by a power that is a normal number; the first is exact.
template <class T>
inline Batch<T> scale_by_power(Batch<T> x, Batch<T> n) {
  const Batch<T> shifter(detail::shifter<T>);
  const Batch<T> half = simd::fma(n, Batch<T>(T(0.5)), shifter) - shifter;
  return x * detail::power_of_two(half) * detail::power_of_two(n - half);
}

}  // namespace portable

// x 2^n for an x near 1 and an integer n up to twice the greatest exponent, rounded once.
template <class T>
[[gnu::always_inline]] inline Batch<T> scale_by_power(Batch<T> x, Batch<T> n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return Batch<T>(_mm512_scalef_ps(x, n));
  else return Batch<T>(_mm512_scalef_pd(x, n));
#else
  return portable::scale_by_power(x, n);
#endif
}

namespace detail {

// x = n ln 2 + r with |r| <= ln(2) / 2, where the integer n is an exponent. Cody and Waite 1980,
// "Software manual for the elementary functions", chapter 6.
template <class T>
struct Reduced {
  Batch<T> n, r;
};
template <class T>
[[gnu::always_inline]] inline Reduced<T> reduce_by_ln2(Batch<T> x) {
  const Batch<T> shift(shifter<T>);
  const Batch<T> n = simd::fma(x, Batch<T>(T(1.4426950408889634)), shift) - shift;
  const Batch<T> r = simd::fma(n, Batch<T>(-ln2_high<T>), x);
  return {n, simd::fma(n, Batch<T>(-ln2_low<T>), r)};
}

// e^r - 1 for |r| <= ln(2) / 2, as r + r^2 q(r), relative to e^r within 2^-28 in float and 2^-57
// in double.
template <class T>
[[gnu::always_inline]] inline Batch<T> reduced_expm1(Batch<T> r) {
  Batch<T> q;
  if constexpr (is_float<T>)
    q = polynomial(r, 0.49999993447447788, 0.16666520627697945, 0.041668388076065044,
                   0.0083687172506975837, 0.0013814598859392367);
  else
    q = polynomial(r, 0.50000000000000111, 0.16666666666666413, 0.041666666666530162,
                   0.0083333333334944647, 0.0013888888943628945, 0.0001984126950656571,
                   2.480149310007098e-05, 2.755758638843295e-06, 2.7630247990155085e-07,
                   2.5000056708160523e-08);
  return simd::fma(r * r, q, r);
}

}  // namespace detail

// e^x within 1.02 ulp over the whole range: subnormal results too, infinity above, zero below.
template <class T>
[[gnu::always_inline]] inline Batch<T> exp(Batch<T> x) {
  const Batch<T> greatest(T(detail::is_float<T> ? 89 : 710));  // the result is infinite
  const Batch<T> least(T(detail::is_float<T> ? -104 : -746));  // the result is zero
  x = simd::select(x > greatest, greatest, simd::select(x < least, least, x));
  const auto [n, r] = detail::reduce_by_ln2(x);
  return simd::scale_by_power(Batch<T>(T{1}) + detail::reduced_expm1(r), n);
}

// e^x for x <= 0, for softmax: within 3 ulp, and zero where e^x is below the least normal number
// (2^-126 in float, 2^-1022 in double), minus infinity included. One degree less than exp().
template <class T>
[[gnu::always_inline]] inline Batch<T> exp_fast(Batch<T> x) {
  const auto [n, r] = detail::reduce_by_ln2(x);
  Batch<T> q;
  if constexpr (detail::is_float<T>)
    q = detail::polynomial(r, 0.49999231595223353, 0.16667114936839003, 0.04189014949150429,
                           0.0083124972173047301);
  else
    q = detail::polynomial(r, 0.49999999999998324, 0.1666666666661151, 0.041666666668137481,
                           0.0083333333708927176, 0.0013888888516054563, 0.00019841185202236012,
                           2.4801931798822192e-05, 2.7635006379944497e-06,
                           2.7476802021319749e-07);
  const Batch<T> y = (Batch<T>(T{1}) + simd::fma(r * r, q, r)) * detail::power_of_two(n);
  const Batch<T> least(T(detail::is_float<T> ? -87.33654 : -708.39641853226408));
  return simd::select(x < least, Batch<T>(T{0}), y);
}

}  // namespace weft::simd
