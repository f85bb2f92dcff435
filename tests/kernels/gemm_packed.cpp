#include <weft/kernels/gemm_packed.hpp>

#include <catch2/catch_template_test_macros.hpp>

#include <cmath>
#include <vector>

using namespace weft;
using kernels::Layout;

namespace {

template <class T>
std::vector<T> numbers(std::size_t count, int key) {
  std::vector<T> result(count);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<T>(std::sin(static_cast<double>(i) * 0.37 + key));
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("a product with a packed matrix has the bits of the plain one", "", float,
                   double) {
  using T = TestType;
  for (const std::size_t rows : {1u, 6u, 25u, 300u})
    for (const std::size_t columns : {1u, 8u, 24u, 64u, 118u, 130u})
      for (const std::size_t inner : {0u, 1u, 24u, 118u, 256u, 300u, 520u})
        for (const Layout layout : {Layout::nn, Layout::nt})
          for (const Write write : {Write::store, Write::add}) {
            const bool is_transposed = layout == Layout::nt;
            const std::size_t lda = inner + 3, ldc = columns + 1;
            const std::size_t ldb = (is_transposed ? inner : columns) + 2;
            const auto a = numbers<T>(rows * lda, 1);
            const auto b = numbers<T>((is_transposed ? columns : inner) * ldb, 2);
            auto expected = numbers<T>(rows * ldc, 3), found = expected;
            kernels::gemm(layout, rows, columns, inner, a.data(), lda, b.data(), ldb,
                          expected.data(), ldc, write);

            const std::size_t size = kernels::packed_size<T>(inner, columns);
            std::vector<T> packed(size + 1, T{77});
            kernels::pack(layout, inner, columns, b.data(), ldb, packed.data());
            kernels::gemm_packed(rows, columns, inner, a.data(), lda, packed.data(), found.data(),
                                 ldc, write);
            INFO(rows << " x " << columns << " x " << inner << (is_transposed ? " nt" : " nn"));
            CHECK(packed[size] == T{77});
            if (found != expected) FAIL("other bits");
          }
}

TEMPLATE_TEST_CASE("a packed product added to other rows, or to one, has the bits of two steps", "",
                   float, double) {
  using T = TestType;
  for (const std::size_t rows : {1u, 7u, 300u})
    for (const std::size_t columns : {1u, 24u, 64u, 118u})
      for (const std::size_t inner : {0u, 24u, 300u})
        for (const std::size_t row : {std::size_t{0}, columns + 2}) {
          const std::size_t ldc = columns + 1;
          const auto a = numbers<T>(rows * inner, 1), b = numbers<T>(inner * columns, 2);
          const auto d = numbers<T>(rows * (columns + 2), 3);
          std::vector<T> packed(kernels::packed_size<T>(inner, columns));
          kernels::pack(Layout::nn, inner, columns, b.data(), columns, packed.data());
          std::vector<T> expected(rows * ldc, T{77}), found = expected;
          for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j) expected[i * ldc + j] = d[i * row + j];
          kernels::gemm_packed(rows, columns, inner, a.data(), inner, packed.data(),
                               expected.data(), ldc, Write::add);
          kernels::gemm_packed(rows, columns, inner, a.data(), inner, packed.data(), found.data(),
                               ldc, d.data(), row);
          INFO(rows << " x " << columns << " x " << inner << ", " << row << " between rows");
          if (found != expected) FAIL("other bits");
        }
}
