#include <weft/kernels/softmax.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;
using kernels::Mask;

namespace {

struct Block {
  std::size_t rows, columns;
  Mask mask;
  std::size_t valid;

  bool is_visible(std::size_t i, std::size_t j) const {
    return j < valid && (mask == Mask::none || j + rows <= i + columns);
  }
};

// exp(x(i, j)) / sum_k exp(x(i, k)) over the visible keys, in double.
template <class T>
double expected_softmax(const Matrix<T>& x, const Block& block, std::size_t i, std::size_t j) {
  if (!block.is_visible(i, j)) return 0;
  double sum = 0;
  for (std::size_t k = 0; k < block.columns; ++k)
    if (block.is_visible(i, k))
      sum += std::exp(static_cast<double>(x(i, k)) - static_cast<double>(x(i, j)));
  return 1 / sum;
}

// Square blocks of all lengths, and more queries than keys and fewer, whole and cut short.
template <class Check>
void for_each_block(Check check) {
  for (const std::size_t columns : lengths)
    for (const std::size_t rows : {columns, std::size_t{3}, columns + 2}) {
      if (rows > 70) continue;
      for (const Mask mask : {Mask::none, Mask::causal})
        for (const std::size_t valid : {columns, columns / 2, std::size_t{0}})
          check(Block{rows, columns, mask, valid});
    }
  check(Block{5, 513, Mask::none, 513});
  check(Block{5, 513, Mask::causal, 400});
}

}  // namespace

TEMPLATE_TEST_CASE("softmax of rows of any length, under every mask", "", float, double) {
  using T = TestType;
  for_each_block([](const Block& block) {
    Matrix<T> x(block.rows, block.columns, 1);
    for (std::size_t i = 0; i < x.rows; ++i)
      for (std::size_t j = 0; j < x.columns; ++j) x(i, j) = x(i, j) * 4 - 10;
    Matrix<T> y(block.rows, block.columns, 2);
    kernels::softmax_rows(x.data(), y.data(), block.rows, block.columns, block.mask,
                          block.valid);
    INFO(block.rows << " x " << block.columns << ", valid " << block.valid
                    << (block.mask == Mask::causal ? ", causal" : ""));
    CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) {
            return expected_softmax(x, block, i, j);
          }) < tolerance<T>);
    bool hidden_are_zero = true;
    for (std::size_t i = 0; i < y.rows; ++i)
      for (std::size_t j = 0; j < y.columns; ++j)
        hidden_are_zero = hidden_are_zero && (block.is_visible(i, j) || y(i, j) == 0);
    CHECK(hidden_are_zero);
  });
}

TEMPLATE_TEST_CASE("a softmax in place gives the bits of one that is not", "", float, double) {
  using T = TestType;
  for (const std::size_t columns : lengths) {
    Matrix<T> x(9, columns, 3);
    Matrix<T> y = x;
    kernels::softmax_rows(x.data(), y.data(), x.rows, columns, Mask::causal,
                          columns - columns / 3);
    kernels::softmax_rows(x.data(), x.data(), x.rows, columns, Mask::causal,
                          columns - columns / 3);
    for (std::size_t i = 0; i < x.rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) REQUIRE(x(i, j) == y(i, j));
  }
}

TEMPLATE_TEST_CASE("softmax neither overflows nor underflows to nothing", "", float, double) {
  using T = TestType;
  for (const std::size_t columns : lengths)
    for (const T shift : {T(-30000), T(30000)}) {
      Matrix<T> x(1, columns, 4);
      for (std::size_t j = 0; j < columns; ++j) x(0, j) = shift - static_cast<T>(200 * j);
      kernels::softmax_rows(x.data(), x.data(), 1, columns, Mask::none, columns);
      CHECK(x(0, 0) == 1);
      for (std::size_t j = 1; j < columns; ++j) REQUIRE((x(0, j) >= 0 && x(0, j) <= T(1e-80)));
    }
}

TEMPLATE_TEST_CASE("a NaN that is seen makes its row NaN, a hidden one does not", "", float,
                   double) {
  using T = TestType;
  for (const std::size_t columns : {2u, 9u, 24u, 40u, 100u}) {
    Matrix<T> x(1, columns, 5);
    x(0, columns - 1) = std::numeric_limits<T>::quiet_NaN();
    Matrix<T> y = x;
    kernels::softmax_rows(x.data(), y.data(), 1, columns, Mask::none, columns);
    for (std::size_t j = 0; j < columns; ++j) CHECK(std::isnan(y(0, j)));
    kernels::softmax_rows(x.data(), y.data(), 1, columns, Mask::none, columns - 1);
    CHECK(!std::isnan(y(0, 0)));
    CHECK(y(0, columns - 1) == 0);
  }
}

TEMPLATE_TEST_CASE("the gradient of softmax, stored, added and in place", "", float, double) {
  using T = TestType;
  for_each_block([](const Block& block) {
    const Matrix<T> dp(block.rows, block.columns, 6);
    const Matrix<T> before(block.rows, block.columns, 7);
    Matrix<T> p(block.rows, block.columns, 8);
    kernels::softmax_rows(p.data(), p.data(), p.rows, p.columns, block.mask, block.valid);
    const auto expected = [&](std::size_t i, std::size_t j) {
      double product = 0;
      for (std::size_t k = 0; k < p.columns; ++k)
        product += static_cast<double>(p(i, k)) * static_cast<double>(dp(i, k));
      return static_cast<double>(p(i, j)) * (static_cast<double>(dp(i, j)) - product);
    };
    INFO(block.rows << " x " << block.columns << ", valid " << block.valid
                    << (block.mask == Mask::causal ? ", causal" : ""));

    Matrix<T> stored = before, added = before, in_place = dp;
    kernels::softmax_rows_backward(p.data(), dp.data(), stored.data(), p.rows, p.columns,
                                   block.mask, block.valid, Write::store);
    CHECK(greatest_error(stored, expected) < tolerance<T>);
    kernels::softmax_rows_backward(p.data(), dp.data(), added.data(), p.rows, p.columns,
                                   block.mask, block.valid, Write::add);
    CHECK(greatest_error(added, [&](std::size_t i, std::size_t j) {
            return static_cast<double>(before(i, j)) + expected(i, j);
          }) < tolerance<T>);
    kernels::softmax_rows_backward(p.data(), in_place.data(), in_place.data(), p.rows, p.columns,
                                   block.mask, block.valid, Write::store);
    CHECK(greatest_error(in_place, expected) < tolerance<T>);
  });
}

TEST_CASE("the gradient of a hidden score is zero, whatever comes in") {
  Matrix<double> p(4, 20, 9), dp(4, 20, 10);
  kernels::softmax_rows(p.data(), p.data(), 4, 20, Mask::causal, 18);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 20; ++j)
      if (p(i, j) == 0) dp(i, j) = std::numeric_limits<double>::quiet_NaN();
  kernels::softmax_rows_backward(p.data(), dp.data(), dp.data(), 4, 20, Mask::causal, 18,
                                 Write::store);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 20; ++j) {
      CHECK(!std::isnan(dp(i, j)));
      if (p(i, j) == 0) CHECK(dp(i, j) == 0);
    }
}
