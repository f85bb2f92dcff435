#include <weft/simd/select.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weft;

TEMPLATE_TEST_CASE("select, max and min take each element by itself", "", float, double) {
  constexpr std::size_t width = simd::width<TestType>;
  alignas(alignment) TestType a[width], b[width], greater[width], lesser[width], picked[width];
  for (std::size_t i = 0; i < width; ++i) {
    a[i] = static_cast<TestType>(i);
    b[i] = i % 2 == 0 ? a[i] + 100 : TestType(-1);
  }
  const auto x = simd::load(a), y = simd::load(b);
  simd::store(greater, simd::max(x, y));
  simd::store(lesser, simd::min(x, y));
  simd::store(picked, simd::select(x < y, x, -y));
  for (std::size_t i = 0; i < width; ++i) {
    CHECK(greater[i] == std::max(a[i], b[i]));
    CHECK(lesser[i] == std::min(a[i], b[i]));
    CHECK(picked[i] == (a[i] < b[i] ? a[i] : -b[i]));
  }
}
