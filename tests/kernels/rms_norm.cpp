#include <weft/kernels/rms_norm.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

TEMPLATE_TEST_CASE("RMS norm and its gradients, rows of any length", "", float, double) {
  using T = TestType;
  constexpr std::size_t rows = 4;
  for (const std::size_t columns : lengths) {
    const Matrix<T> x(rows, columns, 1), dy(rows, columns, 2), gain(1, columns, 3),
        before(rows, columns, 4), dgain_before(1, columns, 5);
    Matrix<T> y(rows, columns, 6), plain(rows, columns, 7), reciprocal(rows, 1, 0);
    const auto scale = [&](std::size_t i) {
      double squares = 0;
      for (std::size_t j = 0; j < columns; ++j)
        squares += std::pow(static_cast<double>(x(i, j)), 2);
      return 1 / std::sqrt(squares / static_cast<double>(columns) + 1e-3);
    };
    const auto normal = [&](std::size_t i, std::size_t j) {
      return static_cast<double>(x(i, j)) * scale(i);
    };
    const auto g = [&](std::size_t i, std::size_t j) {
      return static_cast<double>(dy(i, j)) * static_cast<double>(gain(0, j));
    };
    INFO(columns << " columns");
    kernels::rms_norm<T>(x.data(), rows, columns, nullptr, T(1e-3), plain.data(),
                         reciprocal.data());
    CHECK(greatest_error(plain, normal) < tolerance<T>);
    kernels::rms_norm(x.data(), rows, columns, gain.data(), T(1e-3), y.data(), reciprocal.data());
    CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) {
            return normal(i, j) * static_cast<double>(gain(0, j));
          }) < tolerance<T>);
    CHECK(greatest_error(reciprocal, [&](std::size_t i, std::size_t) { return scale(i); }) <
          tolerance<T>);

    for (const Write write : {Write::store, Write::add}) {
      Matrix<T> dx = before, dgain = dgain_before;
      kernels::rms_norm_backward(dy.data(), x.data(), reciprocal.data(), gain.data(), rows,
                                 columns, dx.data(), write, dgain.data());
      CHECK(greatest_error(dx, [&](std::size_t i, std::size_t j) {
              double product = 0;
              for (std::size_t k = 0; k < columns; ++k) product += g(i, k) * normal(i, k);
              const double kept = write == Write::add ? static_cast<double>(before(i, j)) : 0;
              return kept + scale(i) * (g(i, j) - normal(i, j) * product /
                                                      static_cast<double>(columns));
            }) < 8 * tolerance<T>);
      CHECK(greatest_error(dgain, [&](std::size_t, std::size_t j) {
              double sum = static_cast<double>(dgain_before(0, j));
              for (std::size_t i = 0; i < rows; ++i)
                sum += static_cast<double>(dy(i, j)) * normal(i, j);
              return sum;
            }) < 8 * tolerance<T>);
    }
  }
}
