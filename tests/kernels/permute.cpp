#include <weft/kernels/permute.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("copy_rows copies or adds a block between rows of any length", "", float,
                   double) {
  for (const std::size_t rows : {0u, 1u, 3u})
    for (std::size_t columns = 0; columns < 40; ++columns)
      for (const Write write : {Write::store, Write::add}) {
        const std::size_t from = columns + 3, to = columns + 2;
        std::vector<TestType> source(rows * from + 1), target(rows * to + 1, TestType{100});
        std::iota(source.begin(), source.end(), TestType{1});
        kernels::copy_rows(rows, columns, source.data(), from, target.data(), to, write);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < to; ++j) {
            const TestType before{100}, copied = source[i * from + j];
            const TestType inside = write == Write::add ? before + copied : copied;
            wrong += target[i * to + j] != (j < columns ? inside : before);
          }
        INFO(rows << " x " << columns);
        CHECK(wrong == 0);
        CHECK(target.back() == TestType{100});
      }
}

TEST_CASE("permute writes elements in row-major order whatever their strides") {
  // Axes of extents 2, 3, 4 and 5, in each order.
  std::vector<std::size_t> order{0, 1, 2, 3};
  const std::size_t source_extents[] = {2, 3, 4, 5};
  const std::size_t source_strides[] = {60, 20, 5, 1};
  std::vector<float> source(120);
  std::iota(source.begin(), source.end(), 0.0f);
  do {
    std::size_t extents[4], strides[4];
    for (std::size_t axis = 0; axis < 4; ++axis) {
      extents[axis] = source_extents[order[axis]];
      strides[axis] = source_strides[order[axis]];
    }
    std::vector<float> expected;
    for (std::size_t a = 0; a < extents[0]; ++a)
      for (std::size_t b = 0; b < extents[1]; ++b)
        for (std::size_t c = 0; c < extents[2]; ++c)
          for (std::size_t d = 0; d < extents[3]; ++d)
            expected.push_back(
                source[a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3]]);
    std::vector<float> target(120);
    kernels::permute(4, extents, strides, source.data(), target.data());
    CHECK(target == expected);
    kernels::permute(4, extents, strides, source.data(), target.data(), Write::add);
    for (float& element : expected) element *= 2;
    CHECK(target == expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("permute copies a single number and skips axes without elements") {
  const double source = 3;
  double target = 4;
  kernels::permute<double>(0, nullptr, nullptr, &source, &target, Write::add);
  CHECK(target == 7);
  const std::size_t extents[] = {2, 0, 3}, strides[] = {0, 3, 1};
  kernels::permute(3, extents, strides, &source, &target);
  CHECK(target == 7);
}

TEST_CASE("permute keeps the sign of a zero") {
  const double source[] = {-0.0, 1, 2, -0.0};
  double target[4];
  const std::size_t extents[] = {2, 2}, strides[] = {1, 2};
  kernels::permute(2, extents, strides, source, target);
  CHECK(std::signbit(target[0]));
  CHECK(std::signbit(target[3]));
}
