#include <weft/simd/reduce.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEMPLATE_TEST_CASE("the sum of a register is that of its elements", "", float, double) {
  constexpr std::size_t width = simd::width<TestType>;
  TestType elements[width], expected = 0;
  for (std::size_t i = 0; i < width; ++i) {
    elements[i] = static_cast<TestType>(1 << i);
    expected += elements[i];
  }
  CHECK(simd::sum(simd::load(elements)) == expected);
}

TEMPLATE_TEST_CASE("the maximum of a register is found at every place, as by its portable twin", "",
                   float, double) {
  constexpr std::size_t width = simd::width<TestType>;
  for (std::size_t place = 0; place < width; ++place) {
    TestType elements[width];
    for (std::size_t i = 0; i < width; ++i) elements[i] = -static_cast<TestType>(i) - 5;
    elements[place] = -3;
    CHECK(simd::max(simd::load(elements)) == -3);
    CHECK(simd::portable::max(simd::load(elements)) == -3);
  }
}
