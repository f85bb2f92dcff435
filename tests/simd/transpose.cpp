#include <weft/simd/transpose.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("a matrix of any size is transposed like by its portable twin", "", float,
                   double) {
  for (std::size_t rows = 0; rows <= 35; ++rows)
    for (std::size_t columns = 0; columns <= 35; ++columns) {
      const std::size_t source_stride = columns + 2, target_stride = rows + 3;
      std::vector<TestType> source(rows * source_stride);
      for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<TestType>(i);
      std::vector<TestType> target(columns * target_stride, -1), twin = target;
      simd::transpose(source.data(), source_stride, rows, columns, target.data(), target_stride);
      simd::portable::transpose(source.data(), source_stride, rows, columns, twin.data(),
                                target_stride);
      CHECK(target == twin);
      for (std::size_t j = 0; j < rows; ++j)
        for (std::size_t k = 0; k < columns; ++k)
          REQUIRE(target[k * target_stride + j] == source[j * source_stride + k]);
    }
}
