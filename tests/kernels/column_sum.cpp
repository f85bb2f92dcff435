#include <weft/kernels/column_sum.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("column_sum adds the rows of a matrix of any size", "", float, double) {
  for (const std::size_t rows : {0u, 1u, 2u, 7u, 40u})
    for (std::size_t columns = 1; columns < 150; columns += columns < 40 ? 1 : 13)
      for (const Write write : {Write::store, Write::add}) {
        std::vector<TestType> x(rows * columns), y(columns + 1, TestType{5});
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<TestType>(i * 7 % 31) - 15;
        kernels::column_sum(rows, columns, x.data(), y.data(), write);
        bool all_right = true;
        for (std::size_t j = 0; j < columns; ++j) {
          double expected = write == Write::add ? 5 : 0;
          for (std::size_t i = 0; i < rows; ++i)
            expected += static_cast<double>(x[i * columns + j]);
          all_right = all_right && static_cast<double>(y[j]) == expected;  // integers: exact
        }
        INFO(rows << " x " << columns);
        CHECK(all_right);
        CHECK(y[columns] == TestType{5});
      }
}
