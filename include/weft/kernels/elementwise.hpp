#pragma once

#include <weft/kernels/rows.hpp>
#include <weft/simd/math.hpp>
#include <weft/simd/reduce.hpp>

// Functions of one element at a time, and what broadcasting needs.
//
// Runs are contiguous and may have any length. Where elements are not summed, y may be one of the
// inputs of its size. `write` says whether y is stored or added to.

namespace weft::inline WEFT_TARGET::kernels {

// y(i) = or += f(x(i), ...) for n elements, where f works on registers.
template <class T, class Function, class... X>
[[gnu::always_inline]] inline void map(std::size_t n, T* y, Write write, Function f,
                                       const X*... x) {
  if (write == Write::store)
    for_each_register<T>(n, [&](std::size_t i, auto part) {
      part.store(y + i, f(part.load(x + i)...));
    });
  else
    for_each_register<T>(n, [&](std::size_t i, auto part) {
      part.store(y + i, part.load(y + i) + f(part.load(x + i)...));
    });
}

// y(r, c) = or += f(a(r, c), b(c)): a row, or with one column a number, against a matrix.
template <class T, class Function>
[[gnu::always_inline]] inline void map_rows(std::size_t rows, std::size_t columns, const T* a,
                                            const T* b, T* y, Write write, Function f) {
  if (columns == 1) {
    const simd::Batch<T> value(*b);
    map(rows, y, write, [&](auto element) { return f(element, value); }, a);
  } else {
    for (std::size_t r = 0; r < rows; ++r)
      map(columns, y + r * columns, write, f, a + r * columns, b);
  }
}

// y(c) = or += sum_r f(x(r, c), ...), in an order that depends on rows and columns only.
template <class T, class Function, class... X>
[[gnu::always_inline]] inline void reduce_rows(std::size_t rows, std::size_t columns, T* y,
                                               Write write, Function f, const X*... x) {
  using Batch = simd::Batch<T>;
  const Batch zero(T{0});
  if (columns == 1) {
    Batch sum = zero;
    for_each_register<T>(rows, [&](std::size_t i, auto part) {
      sum += part.only(f(part.load(x + i)...), zero);
    });
    *y = (write == Write::add ? *y : T{0}) + simd::sum(sum);
    return;
  }
  for_each_register<T>(columns, [&](std::size_t c, auto part) {
    const auto term = [&](std::size_t r) { return f(part.load(x + r * columns + c)...); };
    Batch sum0 = zero, sum1 = zero, sum2 = zero, sum3 = zero;  // hide the time of an addition
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      sum0 += term(r);
      sum1 += term(r + 1);
      sum2 += term(r + 2);
      sum3 += term(r + 3);
    }
    for (; r < rows; ++r) sum0 += term(r);
    part.write(y + c, (sum0 + sum1) + (sum2 + sum3), write);
  });
}

// y = or += factor x.
template <class T>
void scale(std::size_t n, T factor, const T* x, T* y, Write write = Write::store) {
  map(n, y, write, [&](auto a) { return simd::Batch<T>(factor) * a; }, x);
}

// y = x + number.
template <class T>
void add_number(std::size_t n, T number, const T* x, T* y) {
  map(n, y, Write::store, [&](auto a) { return a + simd::Batch<T>(number); }, x);
}

// y = or += x.
template <class T>
void copy(std::size_t n, const T* x, T* y, Write write = Write::store) {
  map(n, y, write, [](auto a) { return a; }, x);
}

// y(r, c) = a(r, c) + b(c).
template <class T>
void add(std::size_t rows, std::size_t columns, const T* a, const T* b, T* y) {
  map_rows(rows, columns, a, b, y, Write::store, [](auto u, auto v) { return u + v; });
}

// y(r, c) = a(r, c) - b(c).
template <class T>
void subtract(std::size_t rows, std::size_t columns, const T* a, const T* b, T* y) {
  map_rows(rows, columns, a, b, y, Write::store, [](auto u, auto v) { return u - v; });
}

// y(r, c) = or += a(r, c) b(c).
template <class T>
void multiply(std::size_t rows, std::size_t columns, const T* a, const T* b, T* y,
              Write write = Write::store) {
  map_rows(rows, columns, a, b, y, write, [](auto u, auto v) { return u * v; });
}

// y(c) = or += factor sum_r x(r, c), in the order of reduce_rows, which is not column_sum()'s.
template <class T>
void sum_rows(std::size_t rows, std::size_t columns, T factor, const T* x, T* y, Write write) {
  reduce_rows(rows, columns, y, write, [&](auto u) { return simd::Batch<T>(factor) * u; }, x);
}

// y(c) = or += sum_r a(r, c) b(r, c).
template <class T>
void sum_rows_of_products(std::size_t rows, std::size_t columns, const T* a, const T* b, T* y,
                          Write write) {
  reduce_rows(rows, columns, y, write, [](auto u, auto v) { return u * v; }, a, b);
}

// y = x^2 and its backward pass dx = or += 2 x dy.
template <class T>
void square(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return a * a; }, x);
}
template <class T>
void square_backward(std::size_t n, const T* x, const T* dy, T* dx, Write write) {
  map(n, dx, write, [](auto a, auto d) { return (a + a) * d; }, x, dy);
}

// y = e^x. Its backward pass is dx = y dy, a product.
template <class T>
void exp(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return simd::exp(a); }, x);
}

// y = log x and its backward pass dx = or += dy / x.
template <class T>
void log(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return simd::log(a); }, x);
}
template <class T>
void log_backward(std::size_t n, const T* x, const T* dy, T* dx, Write write) {
  map(n, dx, write, [](auto a, auto d) { return d / a; }, x, dy);
}

}  // namespace weft::kernels
