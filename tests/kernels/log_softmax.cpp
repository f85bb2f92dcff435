#include <weft/kernels/log_softmax.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

TEMPLATE_TEST_CASE("log-softmax and its gradient, rows of any length", "", float, double) {
  using T = TestType;
  for (const std::size_t columns : lengths) {
    Matrix<T> x(3, columns, 1), y(3, columns, 2);
    for (std::size_t j = 0; j < columns; ++j) x(1, j) = x(1, j) * 50 + 1000;
    kernels::log_softmax_rows(x.data(), y.data(), 3, columns);
    INFO(columns << " columns");
    CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) {
            double sum = 0;
            for (std::size_t k = 0; k < columns; ++k)
              sum += std::exp(static_cast<double>(x(i, k)) - static_cast<double>(x(i, j)));
            return -std::log(sum);
          }) < tolerance<T>);

    const Matrix<T> dy(3, columns, 3), before(3, columns, 4);
    for (const Write write : {Write::store, Write::add}) {
      Matrix<T> dx = before;
      kernels::log_softmax_rows_backward(y.data(), dy.data(), dx.data(), 3, columns, write);
      CHECK(greatest_error(dx, [&](std::size_t i, std::size_t j) {
              double sum = 0;
              for (std::size_t k = 0; k < columns; ++k) sum += static_cast<double>(dy(i, k));
              const double kept = write == Write::add ? static_cast<double>(before(i, j)) : 0;
              return kept + static_cast<double>(dy(i, j)) -
                     std::exp(static_cast<double>(y(i, j))) * sum;
            }) < 2 * tolerance<T>);
    }
  }
}

TEST_CASE("log-softmax of a class far behind is finite") {
  const float x[] = {0, -5000, 3};
  float y[3];
  kernels::log_softmax_rows(x, y, 1, 3);
  CHECK(std::abs(y[1] + 5003.0486f) < 0.001f);
}
