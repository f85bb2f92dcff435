#pragma once

#include <weft/simd/exp.hpp>

namespace weft::inline WEFT_TARGET::simd {

namespace detail {

// x = 2^n (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), for positive x, subnormal ones too.
template <class T>
struct Parts {
  Batch<T> n, f;
};
template <class T>
[[gnu::always_inline]] inline Parts<T> split_exponent(Batch<T> x) {
  using Integer = xsimd::batch<Bits<T>>;
  constexpr auto unit = Bits<T>{1} << fraction_bits<T>;  // of the exponent field
  constexpr auto one = std::bit_cast<Bits<T>>(T{1});
  constexpr auto sqrt_half = std::bit_cast<Bits<T>>(T(0.70710678118654752));
  const Batch<T> as_number(static_cast<T>(unit));

  const BatchBool<T> is_subnormal = x < Batch<T>(std::numeric_limits<T>::min());
  x = simd::select(is_subnormal, x * as_number, x);
  const Integer shifted = std::bit_cast<Integer>(x) + Integer(one - sqrt_half);
  const Integer fraction = (shifted & Integer(unit - 1)) + Integer(sqrt_half);
  // An integer below 2^fraction_bits, put under the exponent of that number, stands behind it.
  const Integer exponent = (shifted >> fraction_bits<T>) | std::bit_cast<Integer>(as_number);
  const Batch<T> bias(static_cast<T>(exponent_bias<T>));
  const Batch<T> lifted_bias(static_cast<T>(exponent_bias<T> + fraction_bits<T>));
  return {std::bit_cast<Batch<T>>(exponent) - as_number -
              simd::select(is_subnormal, lifted_bias, bias),
          std::bit_cast<Batch<T>>(fraction) - Batch<T>(T{1})};
}

}  // namespace detail

// Natural logarithm within 0.8 ulp, of subnormal numbers too; log(0) is minus infinity, and of a
// negative number NaN.
template <class T>
[[gnu::always_inline]] inline Batch<T> log(Batch<T> x) {
  using Limits = std::numeric_limits<T>;
  const auto [n, f] = detail::split_exponent(x);
  // log(1 + f) = 2 artanh(s) with s = f / (2 + f), written as f - f^2 / 2 + s (f^2 / 2 + z q) so
  // that the leading term is exact.
  const Batch<T> s = f / (Batch<T>(T{2}) + f), z = s * s;
  Batch<T> q;  // (2 artanh(s) / s - 2) / z
  if constexpr (detail::is_float<T>)
    q = detail::polynomial(z, 0.66666665641270684, 0.40000336227287703, 0.28537237782380137,
                           0.23583578985161921);
  else
    q = detail::polynomial(z, 0.66666666666667351, 0.39999999999411096, 0.28571428743263927,
                           0.22222198475739893, 0.1818356975604834, 0.15313902778693286,
                           0.14797512724715012);
  const Batch<T> half_square = Batch<T>(T(0.5)) * f * f;
  const Batch<T> n_low = n * Batch<T>(detail::ln2_low<T>);
  const Batch<T> rest = simd::fma(s, simd::fma(z, q, half_square), n_low) - half_square;
  const Batch<T> y = simd::fma(n, Batch<T>(detail::ln2_high<T>), f + rest);

  const Batch<T> zero(T{0}), infinity(Limits::infinity()), nan(Limits::quiet_NaN());
  const Batch<T> outside = simd::select(x == zero, -infinity, simd::select(x < zero, nan, x));
  return simd::select((x > zero) & (x < infinity), y, outside);
}

// Hyperbolic tangent within 2.6 ulp: (e^2x - 1) / (e^2x + 1), both from an e^2x - 1 that does not
// cancel.
template <class T>
[[gnu::always_inline]] inline Batch<T> tanh(Batch<T> x) {
  const Batch<T> one(T{1}), two(T{2}), limit(T(detail::is_float<T> ? 10 : 20));  // tanh(limit) is 1
  const Batch<T> magnitude = simd::select(simd::abs(x) > limit, limit, simd::abs(x));
  const auto [n, r] = detail::reduce_by_ln2(two * magnitude);
  const Batch<T> power = detail::power_of_two(n);
  const Batch<T> expm1 = simd::fma(power, detail::reduced_expm1(r), power - one);
  const Batch<T> y = expm1 / (expm1 + two);
  return simd::select(x < Batch<T>(T{0}), -y, y);
}

// 1 / (1 + e^-x) within 2.4 ulp over the whole range, small results too.
template <class T>
[[gnu::always_inline]] inline Batch<T> sigmoid(Batch<T> x) {
  const Batch<T> one(T{1});
  const Batch<T> e = simd::exp(-simd::abs(x));
  return simd::select(x < Batch<T>(T{0}), e, one) / (one + e);
}

}  // namespace weft::simd
