#include <weft/kernels/accumulate.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("add_to adds every element once and touches nothing behind the last", "", float,
                   double) {
  for (std::size_t count = 0; count <= 4 * 64 + 3; ++count) {
    std::vector<TestType> source(count), target(count + 1, TestType(-1000));
    for (std::size_t i = 0; i < count; ++i) {
      source[i] = static_cast<TestType>(i) / 8;
      target[i] = static_cast<TestType>(2 * i + 1);
    }
    kernels::add_to(count, source.data(), target.data());
    std::vector<TestType> expected(count + 1, TestType(-1000));
    for (std::size_t i = 0; i < count; ++i)
      expected[i] = static_cast<TestType>(2 * i + 1) + static_cast<TestType>(i) / 8;
    CAPTURE(count);
    CHECK(target == expected);
  }
}
