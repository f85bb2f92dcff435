#include <weft/simd/tile.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEMPLATE_TEST_CASE("part of a half register is loaded and stored like its portable twin", "",
                   float, double) {
  using Half = simd::HalfBatch<TestType>;
  constexpr std::size_t width = Half::size;
  TestType source[width];
  for (std::size_t i = 0; i < width; ++i) source[i] = static_cast<TestType>(i + 1);
  for (std::size_t count = 0; count <= width; ++count) {
    TestType loaded[width], twin[width], stored[width + 1], stored_twin[width + 1];
    simd::load_first_of<Half>(source, count).store_unaligned(loaded);
    simd::portable::load_first_of<Half>(source, count).store_unaligned(twin);
    for (std::size_t i = 0; i <= width; ++i) stored[i] = stored_twin[i] = -1;
    simd::store_first_of(stored, simd::load_of<Half>(source), count);
    simd::portable::store_first_of(stored_twin, simd::load_of<Half>(source), count);
    for (std::size_t i = 0; i <= width; ++i) {
      CHECK(stored[i] == (i < count ? source[i] : TestType{-1}));
      CHECK(stored[i] == stored_twin[i]);
      if (i == width) continue;
      CHECK(loaded[i] == (i < count ? source[i] : TestType{}));
      CHECK(loaded[i] == twin[i]);
    }
  }
}

TEMPLATE_TEST_CASE("a multiply-add has the same bits in a whole register and in a half", "", float,
                   double) {
  using Whole = simd::Batch<TestType>;
  using Half = simd::HalfBatch<TestType>;
  for (int trial = 1; trial < 100; ++trial) {
    const TestType a = TestType{1} / static_cast<TestType>(trial), b = 1 - a, c = -a * b;
    TestType whole[Whole::size], half[Half::size];
    simd::fma_of<Whole>(Whole(a), Whole(b), Whole(c)).store_unaligned(whole);
    simd::fma_of<Half>(Half(a), Half(b), Half(c)).store_unaligned(half);
    CHECK(whole[0] == half[0]);
  }
}
