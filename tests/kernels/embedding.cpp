#include <weft/kernels/embedding.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

TEMPLATE_TEST_CASE("gather takes rows and scatter adds them up where they came from", "", float,
                   double) {
  using T = TestType;
  const int ids[] = {4, 0, 4, 2, 4, 0};
  for (const std::size_t columns : lengths) {
    const Matrix<T> table(5, columns, 1), dy(6, columns, 2), before(5, columns, 3);
    Matrix<T> y(6, columns, 4), dtable = before;
    kernels::embedding(table.data(), ids, 6, columns, y.data());
    INFO(columns << " columns");
    CHECK(greatest_error(y, [&](std::size_t i, std::size_t j) {
            return static_cast<double>(table(static_cast<std::size_t>(ids[i]), j));
          }) == 0);
    kernels::embedding_backward(dy.data(), ids, 6, columns, dtable.data());
    CHECK(greatest_error(dtable, [&](std::size_t row, std::size_t j) {
            double sum = static_cast<double>(before(row, j));
            for (std::size_t i = 0; i < 6; ++i)
              if (static_cast<std::size_t>(ids[i]) == row) sum += static_cast<double>(dy(i, j));
            return sum;
          }) < tolerance<T>);
  }
}
