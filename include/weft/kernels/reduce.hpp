#pragma once

#include <weft/kernels/column_sum.hpp>
#include <weft/simd/reduce.hpp>

#include <algorithm>
#include <limits>

namespace weft::inline WEFT_TARGET::kernels {

// A row-major array seen from one of its axes: (outer, extent, inner), extent along the axis.
struct AxisView {
  std::size_t outer, extent, inner;
};

// Sum of a row of some hundred elements, in an order that depends on count only.
template <class T>
[[gnu::flatten]] T row_sum(const T* x, std::size_t count) {
  using Batch = simd::Batch<T>;
  constexpr std::size_t width = simd::width<T>;
  Batch sum0(T{0}), sum1(T{0}), sum2(T{0}), sum3(T{0});
  std::size_t j = 0;
  for (; j + 4 * width <= count; j += 4 * width) {
    sum0 += simd::load(x + j);
    sum1 += simd::load(x + j + width);
    sum2 += simd::load(x + j + 2 * width);
    sum3 += simd::load(x + j + 3 * width);
  }
  for_each_register<T>(count - j, [&](std::size_t rest, auto part) {
    sum0 += part.load(x + j + rest);
  });
  return simd::sum((sum0 + sum1) + (sum2 + sum3));
}

// Sum of a row of any length: blocks are added up in double, so that the error does not grow.
template <class T>
T long_row_sum(const T* x, std::size_t count) {
  constexpr std::size_t block = 1024;
  double total = 0;
  for (std::size_t begin = 0; begin < count; begin += block)
    total += static_cast<double>(row_sum(x + begin, std::min(block, count - begin)));
  return static_cast<T>(total);
}

// Greatest element of a row; -infinity where it is empty. A NaN counts or not, by where it stands.
template <class T>
[[gnu::flatten]] T row_max(const T* x, std::size_t count) {
  using Batch = simd::Batch<T>;
  constexpr std::size_t width = simd::width<T>;
  const Batch lowest(-std::numeric_limits<T>::infinity());
  Batch max0 = lowest, max1 = lowest;
  std::size_t j = 0;
  for (; j + 2 * width <= count; j += 2 * width) {
    max0 = simd::max(max0, simd::load(x + j));
    max1 = simd::max(max1, simd::load(x + j + width));
  }
  for_each_register<T>(count - j, [&](std::size_t rest, auto part) {
    max1 = simd::max(max1, part.only(part.load(x + j + rest), lowest));
  });
  return simd::max(simd::max(max0, max1));
}

// y(o, i) = scale * sum_k x(o, k, i), in the order of k.
template <class T>
void sum_axis(const T* x, AxisView axis, T scale, T* y) {
  for (std::size_t o = 0; o < axis.outer; ++o) {
    const T* source = x + o * axis.extent * axis.inner;
    T* target = y + o * axis.inner;
    if (axis.inner == 1) *target = scale * long_row_sum(source, axis.extent);
    else column_sum(axis.extent, axis.inner, source, target, Write::store, scale);
  }
}

// dx(o, k, i) = or += scale * dy(o, i), what sum_axis makes of a gradient.
template <class T>
[[gnu::flatten]] void sum_axis_backward(const T* dy, AxisView axis, T scale, T* dx, Write write) {
  using Batch = simd::Batch<T>;
  for (std::size_t o = 0; o < axis.outer; ++o) {
    T* target = dx + o * axis.extent * axis.inner;
    const T* source = dy + o * axis.inner;
    if (axis.inner == 1) {
      const Batch value(scale * *source);
      for_each_register<T>(axis.extent, [&](std::size_t k, auto part) {
        part.write(target + k, value, write);
      });
      continue;
    }
    for (std::size_t k = 0; k < axis.extent; ++k)
      for_each_register<T>(axis.inner, [&](std::size_t i, auto part) {
        part.write(target + k * axis.inner + i, Batch(scale) * part.load(source + i), write);
      });
  }
}

namespace detail {

// The greater of two elements; NaN where one is, unlike simd::max.
template <class T>
T greater(T a, T b) {
  return a != a || a > b ? a : b;
}
template <class T>
[[gnu::always_inline]] inline simd::Batch<T> greater(simd::Batch<T> a, simd::Batch<T> b) {
  return simd::select(a == a, simd::select(a > b, a, b), a);
}

}  // namespace detail

// y(o, i) = max_k x(o, k, i); NaN where one of them is. extent >= 1.
template <class T>
[[gnu::flatten]] void max_axis(const T* x, AxisView axis, T* y) {
  using Batch = simd::Batch<T>;
  const Batch lowest(-std::numeric_limits<T>::infinity());
  for (std::size_t o = 0; o < axis.outer; ++o) {
    const T* source = x + o * axis.extent * axis.inner;
    T* target = y + o * axis.inner;
    if (axis.inner == 1) {
      Batch greatest = lowest;
      for_each_register<T>(axis.extent, [&](std::size_t k, auto part) {
        greatest = detail::greater<T>(greatest, part.only(part.load(source + k), lowest));
      });
      alignas(alignment) T elements[simd::width<T>];
      simd::store(elements, greatest);
      *target = elements[0];
      for (const T element : elements) *target = detail::greater<T>(*target, element);
      continue;
    }
    for_each_register<T>(axis.inner, [&](std::size_t i, auto part) {
      Batch greatest = lowest;
      for (std::size_t k = 0; k < axis.extent; ++k)
        greatest = detail::greater<T>(greatest, part.load(source + k * axis.inner + i));
      part.store(target + i, greatest);
    });
  }
}

// dx(o, k, i) += dy(o, i) at the first k whose element is the greatest, y(o, i).
template <class T>
void max_axis_backward(const T* x, const T* y, const T* dy, AxisView axis, T* dx) {
  for (std::size_t o = 0; o < axis.outer; ++o)
    for (std::size_t i = 0; i < axis.inner; ++i) {
      const std::size_t result = o * axis.inner + i;
      const std::size_t first = o * axis.extent * axis.inner + i;
      std::size_t k = 0;
      const auto is_found = [&](T element) { return element == y[result] || element != element; };
      while (k + 1 < axis.extent && !is_found(x[first + k * axis.inner])) ++k;
      dx[first + k * axis.inner] += dy[result];
    }
}

}  // namespace weft::kernels
