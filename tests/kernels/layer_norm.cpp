#include <weft/kernels/layer_norm.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

constexpr std::size_t rows = 4;

// The parts of layer norm in double.
template <class T>
struct Reference {
  const Matrix<T>& x;
  const Matrix<T>& dy;
  const Matrix<T>& gain;

  double average(auto value) const {
    double sum = 0;
    for (std::size_t j = 0; j < x.columns; ++j) sum += value(j);
    return sum / static_cast<double>(x.columns);
  }
  double mean(std::size_t i) const {
    return average([&](std::size_t j) { return static_cast<double>(x(i, j)); });
  }
  double reciprocal(std::size_t i) const {
    const double center = mean(i);
    const double variance = average([&](std::size_t j) {
      return std::pow(static_cast<double>(x(i, j)) - center, 2);
    });
    return 1 / std::sqrt(variance + 1e-3);
  }
  double normal(std::size_t i, std::size_t j) const {
    return (static_cast<double>(x(i, j)) - mean(i)) * reciprocal(i);
  }
  double g(std::size_t i, std::size_t j) const {
    return static_cast<double>(dy(i, j)) * static_cast<double>(gain(0, j));
  }
  double dx(std::size_t i, std::size_t j) const {
    const double first = average([&](std::size_t k) { return g(i, k); });
    const double second = average([&](std::size_t k) { return g(i, k) * normal(i, k); });
    return reciprocal(i) * (g(i, j) - first - normal(i, j) * second);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("layer norm and its gradients, rows of any length", "", float, double) {
  using T = TestType;
  for (const std::size_t columns : lengths) {
    const Matrix<T> x(rows, columns, 1), dy(rows, columns, 2), gain(1, columns, 3),
        bias(1, columns, 4), before(rows, columns, 5), dgain_before(1, columns, 6),
        dbias_before(1, columns, 7);
    const Reference<T> reference{x, dy, gain};
    Matrix<T> y(rows, columns, 8), mean(rows, 1, 0), reciprocal(rows, 1, 0);
    kernels::layer_norm(x.data(), rows, columns, gain.data(), bias.data(), T(1e-3), y.data(),
                        mean.data(), reciprocal.data());
    INFO(columns << " columns");
    CHECK(greatest_error(mean, [&](std::size_t i, std::size_t) { return reference.mean(i); }) <
          tolerance<T>);
    CHECK(greatest_error(reciprocal, [&](std::size_t i, std::size_t) {
            return reference.reciprocal(i);
          }) < tolerance<T>);
    CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) {
            return reference.normal(i, j) * static_cast<double>(gain(0, j)) +
                   static_cast<double>(bias(0, j));
          }) < tolerance<T>);

    for (const Write write : {Write::store, Write::add}) {
      Matrix<T> dx = before, dgain = dgain_before, dbias = dbias_before;
      kernels::layer_norm_backward(dy.data(), x.data(), mean.data(), reciprocal.data(),
                                   gain.data(), rows, columns, dx.data(), write, dgain.data(),
                                   dbias.data());
      CHECK(greatest_error(dx, [&](std::size_t i, std::size_t j) {
              const double kept = write == Write::add ? static_cast<double>(before(i, j)) : 0;
              return kept + reference.dx(i, j);
            }) < 8 * tolerance<T>);
      CHECK(greatest_error(dgain, [&](std::size_t, std::size_t j) {
              double sum = static_cast<double>(dgain_before(0, j));
              for (std::size_t i = 0; i < rows; ++i)
                sum += static_cast<double>(dy(i, j)) * reference.normal(i, j);
              return sum;
            }) < 8 * tolerance<T>);
      CHECK(greatest_error(dbias, [&](std::size_t, std::size_t j) {
              double sum = static_cast<double>(dbias_before(0, j));
              for (std::size_t i = 0; i < rows; ++i) sum += static_cast<double>(dy(i, j));
              return sum;
            }) < tolerance<T>);
    }
  }
}

TEST_CASE("layer norm without gain and bias is the normalised row") {
  const Matrix<double> x(rows, 21, 1), ones(1, 21, 2);
  const Reference<double> reference{x, x, ones};
  Matrix<double> y(rows, 21, 3), mean(rows, 1, 0), reciprocal(rows, 1, 0);
  kernels::layer_norm<double>(x.data(), rows, 21, nullptr, nullptr, 1e-3, y.data(), mean.data(),
                              reciprocal.data());
  CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) { return reference.normal(i, j); }) <
        1e-14);
}

TEST_CASE("layer norm keeps its accuracy where the mean is large") {
  float x[64], y[64], mean, reciprocal;
  for (std::size_t j = 0; j < 64; ++j) x[j] = 4096 + static_cast<float>(j % 2);
  kernels::layer_norm<float>(x, 1, 64, nullptr, nullptr, 0, y, &mean, &reciprocal);
  CHECK(mean == 4096.5f);
  for (std::size_t j = 0; j < 64; ++j) CHECK(y[j] == (j % 2 ? 1.0f : -1.0f));
}

TEST_CASE("gradients of layer norm that no one wants are left out") {
  const Matrix<double> x(rows, 9, 1), dy(rows, 9, 2);
  Matrix<double> y(rows, 9, 3), mean(rows, 1, 0), reciprocal(rows, 1, 0), dbias(1, 9, 4);
  const Matrix<double> before = dbias;
  kernels::layer_norm<double>(x.data(), rows, 9, nullptr, nullptr, 1e-3, y.data(), mean.data(),
                              reciprocal.data());
  kernels::layer_norm_backward<double>(dy.data(), x.data(), mean.data(), reciprocal.data(),
                                       nullptr, rows, 9, nullptr, Write::store, nullptr,
                                       dbias.data());
  CHECK(greatest_error(dbias, [&](std::size_t, std::size_t j) {
          return before(0, j) + dy(0, j) + dy(1, j) + dy(2, j) + dy(3, j);
        }) < 1e-14);
}
