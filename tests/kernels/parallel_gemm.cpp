#include <weft/kernels/parallel_gemm.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace weft;
using kernels::Layout;

namespace {

struct Sizes {
  std::size_t rows, columns, inner;
};

// Tall, wide, small and empty ones, with shares that do not come out even.
constexpr Sizes sizes[] = {{500, 70, 130}, {70, 500, 130}, {257, 256, 64}, {64, 64, 1500},
                           {300, 300, 300}, {5, 7, 3},     {0, 8, 8},      {8, 8, 0}};

template <class T>
std::vector<T> numbers(std::size_t count, std::size_t seed) {
  std::vector<T> result(count);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = static_cast<T>((i * 7919 + seed * 104729) % 1009) / 1009 - T(0.5);
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("a product has the same bits on any number of threads", "", float, double) {
  for (const Layout layout : {Layout::nn, Layout::tn, Layout::nt})
    for (const Write write : {Write::store, Write::add})
      for (const auto [rows, columns, inner] : sizes) {
        const std::size_t lda = (layout == Layout::tn ? rows : inner) + 3;
        const std::size_t ldb = (layout == Layout::nt ? inner : columns) + 1, ldc = columns + 2;
        const auto a = numbers<TestType>((layout == Layout::tn ? inner : rows) * lda, 1);
        const auto b = numbers<TestType>((layout == Layout::nt ? columns : inner) * ldb, 2);
        const auto before = numbers<TestType>(rows * ldc, 3);
        auto expected = before;
        kernels::gemm(layout, rows, columns, inner, a.data(), lda, b.data(), ldb, expected.data(),
                      ldc, write);
        for (const int threads : {1, 2, 3, 8}) {
          auto c = before;
          kernels::parallel_gemm(threads, layout, rows, columns, inner, a.data(), lda, b.data(),
                                 ldb, c.data(), ldc, write);
          CHECK(c == expected);
        }
      }
}

TEST_CASE("a product on no thread is an error") {
  float c = 0;
  CHECK_THROWS_AS(kernels::parallel_gemm<float>(0, Layout::nn, 1, 1, 1, &c, 1, &c, 1, &c, 1),
                  Error);
}
