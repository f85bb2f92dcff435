#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/simd/normal.hpp>

// Activation functions of n contiguous elements, each with its backward pass:
// dx = or += f'(x) dy, from the input x or the result y, whichever is cheaper.

namespace weft::inline WEFT_TARGET::kernels {

// y = tanh x, dx = (1 - y^2) dy.
template <class T>
void tanh(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return simd::tanh(a); }, x);
}
template <class T>
void tanh_backward(std::size_t n, const T* y, const T* dy, T* dx, Write write) {
  map(n, dx, write, [](auto b, auto d) { return (simd::Batch<T>(T{1}) - b * b) * d; }, y, dy);
}

// y = 1 / (1 + e^-x), dx = y (1 - y) dy.
template <class T>
void sigmoid(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return simd::sigmoid(a); }, x);
}
template <class T>
void sigmoid_backward(std::size_t n, const T* y, const T* dy, T* dx, Write write) {
  map(n, dx, write, [](auto b, auto d) { return b * (simd::Batch<T>(T{1}) - b) * d; }, y, dy);
}

// y = max(x, 0), dx = dy where x > 0, else 0; NaN goes through.
template <class T>
void relu(std::size_t n, const T* x, T* y) {
  const simd::Batch<T> zero(T{0});
  map(n, y, Write::store, [&](auto a) { return simd::select(a < zero, zero, a); }, x);
}
template <class T>
void relu_backward(std::size_t n, const T* x, const T* dy, T* dx, Write write) {
  const simd::Batch<T> zero(T{0});
  map(n, dx, write, [&](auto a, auto d) { return simd::select(a <= zero, zero, d); }, x, dy);
}

// y = x Phi(x), dx = (Phi(x) + x phi(x)) dy with the standard normal distribution Phi and its
// density phi. Hendrycks and Gimpel 2016, "Gaussian error linear units".
template <class T>
void gelu(std::size_t n, const T* x, T* y) {
  map(n, y, Write::store, [](auto a) { return a * simd::normal(a).distribution; }, x);
}
template <class T>
void gelu_backward(std::size_t n, const T* x, const T* dy, T* dx, Write write) {
  const auto derivative = [](simd::Batch<T> a) {
    const simd::Normal<T> normal = simd::normal(a);
    return simd::fma(a, normal.density, normal.distribution);
  };
  map(n, dx, write, [&](auto a, auto d) { return derivative(a) * d; }, x, dy);
}

namespace detail {

// 2 sqrt(2 / pi) and the cubic coefficient of the tanh form of GELU.
template <class T>
inline constexpr T gelu_slope = static_cast<T>(1.5957691216057308);
template <class T>
inline constexpr T gelu_cubic = static_cast<T>(0.044715);

}  // namespace detail

// y = x (1 + tanh(u)) / 2 = x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3), and
// dx = (s + x s (1 - s) 2 u'(x)) dy with s = sigmoid(2 u). Same paper, section 2.
template <class T>
void gelu_tanh(std::size_t n, const T* x, T* y) {
  using Batch = simd::Batch<T>;
  const auto value = [](Batch a) {
    const Batch cubic = simd::fma(Batch(detail::gelu_cubic<T>) * a * a, a, a);
    return a * simd::sigmoid(Batch(detail::gelu_slope<T>) * cubic);
  };
  map(n, y, Write::store, value, x);
}
template <class T>
void gelu_tanh_backward(std::size_t n, const T* x, const T* dy, T* dx, Write write) {
  using Batch = simd::Batch<T>;
  const Batch one(T{1}), limit(T{40}), slope(detail::gelu_slope<T>);
  const auto derivative = [&](Batch a) {
    // s is 0 or 1 long before the limit; without it x^2 would overflow.
    a = simd::select(a > limit, limit, simd::select(a < -limit, -limit, a));
    const Batch cubic = Batch(detail::gelu_cubic<T>) * a * a;
    const Batch s = simd::sigmoid(slope * simd::fma(cubic, a, a));
    const Batch inner = slope * simd::fma(Batch(T{3}), cubic, one);
    return simd::fma(a * s * (one - s), inner, s);
  };
  map(n, dx, write, [&](auto a, auto d) { return derivative(a) * d; }, x, dy);
}

}  // namespace weft::kernels
