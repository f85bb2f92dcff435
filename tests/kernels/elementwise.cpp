#include <weft/kernels/elementwise.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/kernels/runs.hpp>

using namespace weft;

namespace {

// Shorter than a register, whole registers, and every kind of tail.
constexpr std::size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 100};

// (rows, columns) of broadcasting: one row, one column, nothing, and tails.
struct Extents {
  std::size_t rows, columns;
};
constexpr Extents matrices[] = {{1, 1},  {1, 33}, {7, 1},  {100, 1}, {5, 3},
                                {4, 16}, {3, 17}, {2, 40}, {0, 5},   {0, 0}};

}  // namespace

TEMPLATE_TEST_CASE("functions of one run touch each element once and nothing else", "", float,
                   double) {
  using T = TestType;
  for (std::size_t n : lengths) {
    const auto x = random_run<T>(n, 1, 0.1, 3), dy = random_run<T>(n, 2);
    const auto at = [](const std::vector<T>& v, std::size_t i) {
      return static_cast<double>(v[i]);
    };
    check_output<T>(
        n, [&](T* y, Write write) { kernels::scale(n, T(-1.5), x.data(), y, write); },
        [&](std::size_t i) { return -1.5 * at(x, i); });
    check_output<T>(
        n, [&](T* y, Write write) { kernels::copy(n, x.data(), y, write); },
        [&](std::size_t i) { return at(x, i); });
    check_output<T>(
        n, [&](T* y, Write) { kernels::add_number(n, T(0.75), x.data(), y); },
        [&](std::size_t i) { return at(x, i) + 0.75; }, {Write::store});
    check_output<T>(
        n, [&](T* y, Write) { kernels::square(n, x.data(), y); },
        [&](std::size_t i) { return at(x, i) * at(x, i); }, {Write::store});
    check_output<T>(
        n,
        [&](T* y, Write write) { kernels::square_backward(n, x.data(), dy.data(), y, write); },
        [&](std::size_t i) { return 2 * at(x, i) * at(dy, i); });
    check_output<T>(
        n, [&](T* y, Write) { kernels::exp(n, x.data(), y); },
        [&](std::size_t i) { return std::exp(at(x, i)); }, {Write::store});
    check_output<T>(
        n, [&](T* y, Write) { kernels::log(n, x.data(), y); },
        [&](std::size_t i) { return std::log(at(x, i)); }, {Write::store});
    check_output<T>(
        n, [&](T* y, Write write) { kernels::log_backward(n, x.data(), dy.data(), y, write); },
        [&](std::size_t i) { return at(dy, i) / at(x, i); });
  }
}

TEMPLATE_TEST_CASE("a row, or a number, is combined with every row of a matrix", "", float,
                   double) {
  using T = TestType;
  for (const auto [rows, columns] : matrices) {
    INFO(rows << " rows, " << columns << " columns");
    const auto a = random_run<T>(rows * columns, 3), b = random_run<T>(columns + 1, 4);
    const auto of_a = [&](std::size_t i) { return static_cast<double>(a[i]); };
    const auto of_b = [&, width = columns](std::size_t i) {
      return static_cast<double>(b[i % width]);
    };
    const auto run = [&, r = rows, c = columns](auto kernel) {
      return [=, &a, &b](T* y, Write write) { kernel(r, c, a.data(), b.data(), y, write); };
    };
    check_output<T>(
        a.size(), run([](auto r, auto c, auto u, auto v, auto y, Write) {
          kernels::add(r, c, u, v, y);
        }),
        [&](std::size_t i) { return of_a(i) + of_b(i); }, {Write::store});
    check_output<T>(
        a.size(), run([](auto r, auto c, auto u, auto v, auto y, Write) {
          kernels::subtract(r, c, u, v, y);
        }),
        [&](std::size_t i) { return of_a(i) - of_b(i); }, {Write::store});
    check_output<T>(
        a.size(), run([](auto r, auto c, auto u, auto v, auto y, Write write) {
          kernels::multiply(r, c, u, v, y, write);
        }),
        [&](std::size_t i) { return of_a(i) * of_b(i); });
  }
}

TEMPLATE_TEST_CASE("rows are summed into one row, or into one number", "", float, double) {
  using T = TestType;
  for (const auto [rows, columns] : matrices) {
    INFO(rows << " rows, " << columns << " columns");
    const auto a = random_run<T>(rows * columns, 5), b = random_run<T>(rows * columns, 6);
    const auto sum_over_rows = [&, r = rows, c = columns](auto term) {
      return [=](std::size_t column) {
        double sum = 0;
        for (std::size_t row = 0; row < r; ++row) sum += term(row * c + column);
        return sum;
      };
    };
    check_output<T>(
        columns,
        [&, r = rows, c = columns](T* y, Write write) {
          kernels::sum_rows(r, c, T(-1), a.data(), y, write);
        },
        sum_over_rows([&](std::size_t i) { return -static_cast<double>(a[i]); }));
    check_output<T>(
        columns,
        [&, r = rows, c = columns](T* y, Write write) {
          kernels::sum_rows_of_products(r, c, a.data(), b.data(), y, write);
        },
        sum_over_rows([&](std::size_t i) {
          return static_cast<double>(a[i]) * static_cast<double>(b[i]);
        }));
  }
}

TEMPLATE_TEST_CASE("an output may be one of the inputs", "", float, double) {
  using T = TestType;
  auto x = random_run<T>(37, 7);
  const auto before = x;
  kernels::multiply(1, x.size(), x.data(), x.data(), x.data());
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == before[i] * before[i]);
}
