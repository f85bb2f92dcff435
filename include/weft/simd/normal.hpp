#pragma once

#include <weft/simd/math.hpp>

namespace weft::inline WEFT_TARGET::simd {

// The standard normal distribution at x.
template <class T>
struct Normal {
  Batch<T> density;       // phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
  Batch<T> distribution;  // Phi(x) = (1 + erf(x / sqrt 2)) / 2
};

// phi(x) within 3 + x^2 / 2 ulp; Phi(x) within 10 + x^2 / 2 ulp below zero, also far down the tail
// where 1 + erf would have cancelled, and within 5 ulp above. The rounding of x^2 sets the growth.
//
// Phi(-x) = phi(x) M(x) with Mills' ratio M, for which (x + k) M(x) is nearly a polynomial in
// t = (x - k) / (x + k). The same change of variable as in Shepherd and Laframboise 1981,
// "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity".
template <class T>
[[gnu::always_inline]] inline Normal<T> normal(Batch<T> x) {
  const Batch<T> one(T{1});
  const Batch<T> density =
      simd::exp(Batch<T>(T(-0.5)) * x * x) * Batch<T>(T(0.39894228040143268));
  constexpr T k = detail::is_float<T> ? 3 : 5;
  const Batch<T> inverse = one / (simd::abs(x) + Batch<T>(k));
  const Batch<T> t = simd::fma(Batch<T>(-2 * k), inverse, one);
  Batch<T> p;
  if constexpr (detail::is_float<T>)
    p = detail::polynomial(t, 1.8275417928693181, -1.2767059708535129, 0.57656886902191051,
                           -0.11846998995670997, -0.026225630688278115, 0.017469472398471467,
                           0.0025686776066629964, -0.0025882777967862918,
                           -0.00061344763748523456, 0.000329195954772021,
                           0.00013658404239752124);
  else
    p = detail::polynomial(
        t, 1.9280810471531575, -1.6678665951889597, 1.2415470615738695, -0.78591107554658157,
        0.41364471573250983, -0.17325473408592254, 0.052125502416219743, -0.0075032828395189309,
        -0.0019999620218118727, 0.0013658593185334115, -0.00014883271984636559,
        -0.00012473644452568641, 4.1813078566457865e-05, 9.9772158647560369e-06,
        -6.9405409931674277e-06, -8.4075360419442001e-07, 1.0848552122886946e-06,
        1.0200932905879368e-07, -1.6537358563949509e-07, -2.0412922098605055e-08,
        1.9964277879839637e-08, 3.4575225685924016e-09, -8.1086000220810015e-10);
  const Batch<T> tail = density * (p * inverse);
  return {density, simd::select(x < Batch<T>(T{0}), tail, one - tail)};
}

}  // namespace weft::simd
