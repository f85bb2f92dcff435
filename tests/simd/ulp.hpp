#pragma once

#include <weft/simd/batch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

// Comparing functions of a register with more exact ones, in units in the last place.

// The type that the exact values of a T are computed in.
template <class T>
using Exact = std::conditional_t<std::is_same_v<T, float>, double, long double>;

// |value - exact| in units in the last place of a T at exact; an overflow to infinity counts as the
// next number after the greatest. Infinite where one of the two alone is NaN.
template <class T>
double ulp_error(T value, Exact<T> exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact) || std::isnan(value))
    return std::isnan(exact) == std::isnan(value) ? 0 : std::numeric_limits<double>::infinity();
  const Exact<T> end = std::ldexp(Exact<T>{1}, Limits::max_exponent);
  const Exact<T> expected = std::clamp(exact, -end, end);
  const Exact<T> got = std::clamp(static_cast<Exact<T>>(value), -end, end);
  int exponent = 0;
  std::frexp(expected, &exponent);
  exponent = std::max(std::min(exponent, Limits::max_exponent), Limits::min_exponent);
  return static_cast<double>(std::abs(got - expected) /
                             std::ldexp(Exact<T>{1}, exponent - Limits::digits));
}

// Numbers of every exponent and both signs, subnormal ones too, the same at every call.
template <class T>
std::vector<T> numbers_of_all_exponents(std::size_t of_each) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> numbers;
  std::uint64_t state = 1;
  for (int exponent = Limits::min_exponent - Limits::digits; exponent < Limits::max_exponent;
       ++exponent)
    for (std::size_t i = 0; i < of_each; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const double mantissa = 1.0 + static_cast<double>(state >> 12) * 0x1p-52;
      const T number = static_cast<T>(std::ldexp(mantissa, exponent));
      numbers.push_back(state & 2048 ? number : -number);
    }
  return numbers;
}

// Evenly spaced numbers in [from, to].
template <class T>
std::vector<T> numbers_between(double from, double to, std::size_t count) {
  std::vector<T> numbers;
  for (std::size_t i = 0; i < count; ++i)
    numbers.push_back(static_cast<T>(
        from + (to - from) * (static_cast<double>(i) / static_cast<double>(count - 1))));
  return numbers;
}

// What a function of a register gives for each number.
template <class T, class Function>
std::vector<T> values(Function function, std::vector<T> numbers) {
  constexpr std::size_t width = weft::simd::width<T>;
  const std::size_t count = numbers.size();
  numbers.resize((count + width - 1) / width * width);
  for (std::size_t i = 0; i < numbers.size(); i += width)
    weft::simd::store<T>(&numbers[i], function(weft::simd::load<T>(&numbers[i])));
  numbers.resize(count);
  return numbers;
}

template <class T, class Function>
T value(Function function, T x) {
  return values<T>(function, {x})[0];
}

// The greatest error of a function, each divided by what allowed(x) says is right for x.
template <class T, class Function, class Reference, class Allowed>
double worst_ratio(Function function, Reference reference, const std::vector<T>& numbers,
                   Allowed allowed) {
  const std::vector<T> results = values<T>(function, numbers);
  double worst = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    worst = std::max(worst, ulp_error<T>(results[i], reference(Exact<T>{numbers[i]})) /
                                allowed(static_cast<double>(numbers[i])));
  return worst;
}

// The greatest error of a function in units in the last place.
template <class T, class Function, class Reference>
double worst_ulp(Function function, Reference reference, const std::vector<T>& numbers) {
  return worst_ratio<T>(function, reference, numbers, [](double) { return 1.0; });
}
