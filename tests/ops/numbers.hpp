#pragma once

#include <weft/core/tensor.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

// Tensors of numbers in (-1, 1) that look random and are the same everywhere.

template <class T, std::size_t... Extents>
weft::Tensor<T, Extents...> numbers(std::uint64_t key,
                                    std::size_t leading = weft::Shape<Extents...>::leading) {
  weft::Tensor<T, Extents...> result(weft::uninitialized, leading);
  std::uint64_t state = key * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u;
  for (T& element : result) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    element = static_cast<T>(static_cast<double>(state >> 11) / 4503599627370496.0 - 1.0);
  }
  return result;
}

// The greatest difference between elements; infinite where the numbers of elements differ.
template <class A, class B>
double greatest_difference(const A& a, const B& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double result = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
    if (!(std::abs(difference) <= result)) result = std::abs(difference);  // NaN counts
  }
  return result;
}
