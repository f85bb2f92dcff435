#pragma once

#include <weft/core/config.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

// Kernels on runs of n elements, compared with one element at a time in double.

// Numbers in [from, to) that look random and are the same everywhere.
template <class T>
std::vector<T> random_run(std::size_t n, std::uint64_t key, double from = -2, double to = 2) {
  std::vector<T> result(n);
  std::uint64_t state = key * 0x9E3779B97F4A7C15u + 1;
  for (T& element : result) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    element = static_cast<T>(from + (to - from) * static_cast<double>(state >> 11) * 0x1p-53);
  }
  return result;
}

// Whether two numbers agree to rel parts of the greater of 1 and the second.
template <class T>
bool is_close(T got, double expected, double rounding = sizeof(T) == 4 ? 4e-6 : 1e-14) {
  return std::abs(static_cast<double>(got) - expected) <=
         rounding * std::fmax(1, std::abs(expected));
}

// Calls kernel(y, write) for an output of n elements in the middle of a longer one, with both
// kinds of write, and compares with expected(i). Elements around the output must stay.
template <class T, class Kernel, class Expected>
void check_output(std::size_t n, Kernel kernel, Expected expected,
                  std::initializer_list<weft::Write> writes = {weft::Write::store,
                                                               weft::Write::add}) {
  constexpr std::size_t before = 3, after = 70;
  const std::vector<T> old = random_run<T>(before + n + after, 99);
  for (weft::Write write : writes) {
    std::vector<T> y = old;
    kernel(y.data() + before, write);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool is_inside = i >= before && i < before + n;
      const double kept = static_cast<double>(old[i]);
      double correct = kept;
      if (is_inside) correct = expected(i - before) + (write == weft::Write::add ? kept : 0);
      INFO("element " << i << " of " << n << ", got " << y[i] << ", expected " << correct);
      if (is_inside ? !is_close(y[i], correct) : y[i] != old[i]) {
        FAIL_CHECK("wrong element");
        return;
      }
    }
  }
  SUCCEED();
}
