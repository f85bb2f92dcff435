#include <weft/kernels/activation.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/kernels/runs.hpp>

#include <limits>

using namespace weft;

namespace {

// A function and its derivative, in double.
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }
double gelu_derivative(double x) {
  return std::erfc(-x / std::sqrt(2.0)) / 2 +
         x * std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
}
double gelu_tanh(double x) {
  const double u = std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
  return x * (1 + std::tanh(u)) / 2;
}
double gelu_tanh_derivative(double x) {
  const double slope = std::sqrt(2 / 3.14159265358979323846);
  const double t = std::tanh(slope * (x + 0.044715 * x * x * x));
  return (1 + t) / 2 + x * (1 - t * t) * slope * (1 + 3 * 0.044715 * x * x) / 2;
}
double tanh_derivative(double x) { return 1 - std::tanh(x) * std::tanh(x); }
double sigmoid_derivative(double x) { return sigmoid(x) * sigmoid(-x); }

// forward(n, x, y) and backward(n, x or y, dy, dx, write) at lengths with every kind of tail.
template <class T, class Forward, class Backward>
void check_activation(Forward forward, Backward backward, bool from_result, double (*f)(double),
                      double (*derivative)(double)) {
  for (std::size_t n : {0u, 1u, 2u, 3u, 5u, 8u, 15u, 16u, 17u, 33u, 64u, 101u}) {
    const auto x = random_run<T>(n, 1, -6, 6), dy = random_run<T>(n, 2);
    check_output<T>(
        n, [&](T* y, Write) { forward(n, x.data(), y); },
        [&](std::size_t i) { return f(static_cast<double>(x[i])); }, {Write::store});
    std::vector<T> y(n);
    forward(n, x.data(), y.data());
    const T* saved = from_result ? y.data() : x.data();
    check_output<T>(
        n, [&](T* dx, Write write) { backward(n, saved, dy.data(), dx, write); },
        [&](std::size_t i) {
          return derivative(static_cast<double>(x[i])) * static_cast<double>(dy[i]);
        });
  }
}

}  // namespace

TEMPLATE_TEST_CASE("activations and their derivatives agree with the C library", "", float,
                   double) {
  using T = TestType;
  check_activation<T>([](auto... a) { kernels::tanh(a...); },
                      [](auto... a) { kernels::tanh_backward(a...); }, true,
                      [](double x) { return std::tanh(x); }, tanh_derivative);
  check_activation<T>([](auto... a) { kernels::sigmoid(a...); },
                      [](auto... a) { kernels::sigmoid_backward(a...); }, true, sigmoid,
                      sigmoid_derivative);
  check_activation<T>([](auto... a) { kernels::relu(a...); },
                      [](auto... a) { kernels::relu_backward(a...); }, false,
                      [](double x) { return x > 0 ? x : 0; },
                      [](double x) { return x > 0 ? 1.0 : 0.0; });
  check_activation<T>([](auto... a) { kernels::gelu(a...); },
                      [](auto... a) { kernels::gelu_backward(a...); }, false, gelu,
                      gelu_derivative);
  check_activation<T>([](auto... a) { kernels::gelu_tanh(a...); },
                      [](auto... a) { kernels::gelu_tanh_backward(a...); }, false, gelu_tanh,
                      gelu_tanh_derivative);
}

TEMPLATE_TEST_CASE("relu gives zero at zero, no gradient there, and passes NaN", "", float,
                   double) {
  using T = TestType;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const T x[] = {0, -1, 2, nan}, dy[] = {1, 1, 1, 1};
  T y[4], dx[4];
  kernels::relu(4, x, y);
  kernels::relu_backward(4, x, dy, dx, Write::store);
  CHECK(y[0] == 0);
  CHECK(y[1] == 0);
  CHECK(y[2] == 2);
  CHECK(std::isnan(y[3]));
  CHECK(dx[0] == 0);
  CHECK(dx[1] == 0);
  CHECK(dx[2] == 1);
}

TEMPLATE_TEST_CASE("both forms of gelu stay finite for the greatest numbers", "", float, double) {
  using T = TestType;
  const T most = std::numeric_limits<T>::max();
  const T x[] = {most, -most, T(1e15), T(-1e15)}, dy[] = {1, 1, 1, 1};
  T y[4], dx[4];
  const auto check = [&] {
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(y[i] == (x[i] > 0 ? x[i] : T(0)));
      CHECK(dx[i] == (x[i] > 0 ? T(1) : T(0)));
    }
  };
  kernels::gelu(4, x, y);
  kernels::gelu_backward(4, x, dy, dx, Write::store);
  check();
  kernels::gelu_tanh(4, x, y);
  kernels::gelu_tanh_backward(4, x, dy, dx, Write::store);
  check();
}

TEST_CASE("gelu keeps its relative precision far below zero") {
  for (float x : {-4.0f, -6.0f, -8.0f, -10.0f}) {
    float y = 0;
    kernels::gelu(1, &x, &y);
    CHECK(std::abs(y / gelu(x) - 1) < 1e-5);
  }
}
