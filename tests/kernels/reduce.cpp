#include <weft/kernels/reduce.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// Every way of lying around an axis: (outer, extent, inner).
template <class Check>
void for_each_axis(Check check) {
  for (const std::size_t inner : {1u, 2u, 3u, 8u, 16u, 17u, 37u})
    for (const std::size_t extent : {1u, 2u, 5u, 16u, 23u, 70u})
      for (const std::size_t outer : {1u, 3u}) check(kernels::AxisView{outer, extent, inner});
}

// The position of (o, k, i) in a row-major array.
std::size_t at(kernels::AxisView axis, std::size_t o, std::size_t k, std::size_t i) {
  return (o * axis.extent + k) * axis.inner + i;
}

}  // namespace

TEMPLATE_TEST_CASE("the sum and the greatest element of a row of any length", "", float, double) {
  CHECK(kernels::row_sum<TestType>(nullptr, 0) == 0);
  CHECK(kernels::row_max<TestType>(nullptr, 0) == -std::numeric_limits<TestType>::infinity());
  for (std::size_t count = 1; count < 200; ++count) {
    Matrix<TestType> x(1, count, count + 3, count);
    double sum = 0, greatest = -10;
    for (std::size_t j = 0; j < count; ++j) {
      x(0, j) -= 2;  // so that zeros behind the row would be greater
      sum += static_cast<double>(x(0, j));
      greatest = std::max(greatest, static_cast<double>(x(0, j)));
    }
    INFO(count << " elements");
    CHECK(std::abs(static_cast<double>(kernels::row_sum(x.data(), count)) - sum) <=
          tolerance<TestType> * std::abs(sum));
    CHECK(static_cast<double>(kernels::row_max(x.data(), count)) == greatest);
  }
}

TEST_CASE("the error of a sum does not grow with its length") {
  const std::vector<float> tenths(3'000'001, 0.1f);
  const double expected = 3'000'001 * static_cast<double>(0.1f);
  const double sum = static_cast<double>(kernels::long_row_sum(tenths.data(), tenths.size()));
  CHECK(std::abs(sum / expected - 1) < 2e-6);
}

TEMPLATE_TEST_CASE("sum_axis adds along the first, a middle and the last axis", "", float,
                   double) {
  using T = TestType;
  for_each_axis([](kernels::AxisView axis) {
    const Matrix<T> x(1, axis.outer * axis.extent * axis.inner, 1);
    Matrix<T> y(axis.outer, axis.inner, 2);
    kernels::sum_axis(x.data(), axis, T(0.25), y.data());
    INFO("(" << axis.outer << ", " << axis.extent << ", " << axis.inner << ")");
    CHECK(greatest_error(y, [&](std::size_t o, std::size_t i) {
            double sum = 0;
            for (std::size_t k = 0; k < axis.extent; ++k)
              sum += static_cast<double>(x(0, at(axis, o, k, i)));
            return sum / 4;
          }) < tolerance<T>);
  });
}

TEMPLATE_TEST_CASE("sum_axis_backward spreads a gradient over the axis, stored or added", "",
                   float, double) {
  using T = TestType;
  for (const Write write : {Write::store, Write::add})
    for_each_axis([write](kernels::AxisView axis) {
      const std::size_t count = axis.outer * axis.extent * axis.inner;
      const Matrix<T> dy(axis.outer, axis.inner, 3), before(1, count, 4);
      Matrix<T> dx = before;
      kernels::sum_axis_backward(dy.data(), axis, T(0.25), dx.data(), write);
      INFO("(" << axis.outer << ", " << axis.extent << ", " << axis.inner << ")");
      CHECK(greatest_error(dx, [&](std::size_t, std::size_t j) {
              const double kept = write == Write::add ? static_cast<double>(before(0, j)) : 0;
              const std::size_t o = j / axis.inner / axis.extent, i = j % axis.inner;
              return kept + static_cast<double>(dy(o, i)) / 4;
            }) < tolerance<T>);
    });
}

TEMPLATE_TEST_CASE("max_axis finds the greatest along any axis, and its gradient one place", "",
                   float, double) {
  using T = TestType;
  for_each_axis([](kernels::AxisView axis) {
    Matrix<T> x(1, axis.outer * axis.extent * axis.inner, 5);
    for (std::size_t j = 0; j < x.columns; ++j) x(0, j) = std::round(x(0, j) * 8) - 20;  // ties
    Matrix<T> y(axis.outer, axis.inner, 6);
    kernels::max_axis(x.data(), axis, y.data());
    INFO("(" << axis.outer << ", " << axis.extent << ", " << axis.inner << ")");
    const auto first_greatest = [&](std::size_t o, std::size_t i) {
      std::size_t best = 0;
      for (std::size_t k = 1; k < axis.extent; ++k)
        if (x(0, at(axis, o, k, i)) > x(0, at(axis, o, best, i))) best = k;
      return best;
    };
    CHECK(greatest_error(y, [&](std::size_t o, std::size_t i) {
            return static_cast<double>(x(0, at(axis, o, first_greatest(o, i), i)));
          }) == 0);

    const Matrix<T> dy(axis.outer, axis.inner, 7), before(1, x.columns, 8);
    Matrix<T> dx = before;
    kernels::max_axis_backward(x.data(), y.data(), dy.data(), axis, dx.data());
    CHECK(greatest_error(dx, [&](std::size_t, std::size_t j) {
            const std::size_t o = j / axis.inner / axis.extent, i = j % axis.inner;
            const bool is_first = j / axis.inner % axis.extent == first_greatest(o, i);
            return static_cast<double>(before(0, j)) +
                   (is_first ? static_cast<double>(dy(o, i)) : 0.0);
          }) < tolerance<T>);
  });
}

TEMPLATE_TEST_CASE("NaN is the greatest, wherever it stands", "", float, double) {
  using T = TestType;
  for (const std::size_t extent : {1u, 3u, 16u, 21u, 50u})
    for (std::size_t place = 0; place < extent; ++place) {
      Matrix<T> row(1, extent, 9);
      row(0, place) = std::numeric_limits<T>::quiet_NaN();
      const T dy = 1;
      T greatest = 0;
      std::vector<T> dx(extent);
      kernels::max_axis(row.data(), {1, extent, 1}, &greatest);
      CHECK(std::isnan(greatest));
      kernels::max_axis_backward(row.data(), &greatest, &dy, {1, extent, 1}, dx.data());
      CHECK(dx[place] == 1);

      std::vector<T> columns(extent * 3, T{1});
      columns[place * 3 + 1] = std::numeric_limits<T>::quiet_NaN();
      std::vector<T> y(3);
      kernels::max_axis(columns.data(), {1, extent, 3}, y.data());
      CHECK(y[0] == 1);
      CHECK(std::isnan(y[1]));
      CHECK(y[2] == 1);
    }
}
