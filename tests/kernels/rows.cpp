#include <weft/kernels/rows.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("the parts of a row cover each element once and nothing behind it", "", float,
                   double) {
  using T = TestType;
  for (std::size_t count = 0; count < 3 * simd::width<T> + 2; ++count) {
    std::vector<T> row(count + simd::width<T>, T{1});
    kernels::for_each_register<T>(count, [&](std::size_t j, auto part) {
      part.write(row.data() + j, simd::Batch<T>(T{2}), Write::add);
    });
    for (std::size_t j = 0; j < row.size(); ++j) REQUIRE(row[j] == (j < count ? T{3} : T{1}));
  }
}

TEMPLATE_TEST_CASE("lanes behind the end of a row can be given another value", "", float, double) {
  using T = TestType;
  for (std::size_t count = 1; count < simd::width<T>; ++count) {
    const kernels::FirstOfRegister<T> end{count};
    std::vector<T> lanes(simd::width<T>);
    simd::store(lanes.data(), end.only(simd::Batch<T>(T{4}), simd::Batch<T>(T{-7})));
    for (std::size_t i = 0; i < lanes.size(); ++i) CHECK(lanes[i] == (i < count ? T{4} : T{-7}));
  }
}

TEMPLATE_TEST_CASE("clear_row writes zeros up to the end of the row", "", float, double) {
  using T = TestType;
  for (std::size_t count = 0; count < 3 * simd::width<T> + 2; ++count) {
    std::vector<T> row(count + simd::width<T>, T{5});
    kernels::clear_row(row.data(), count);
    for (std::size_t j = 0; j < row.size(); ++j) REQUIRE(row[j] == (j < count ? T{0} : T{5}));
  }
}
