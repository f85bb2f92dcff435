#include <weft/simd/batch.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string_view>

using namespace weft;

namespace {

// 1, 2, 3, ... as many as a register holds and one more.
template <class T>
struct Counting {
  T elements[simd::width<T> + 1];
  Counting() {
    for (std::size_t i = 0; i <= simd::width<T>; ++i) elements[i] = static_cast<T>(i + 1);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the first elements of a register are loaded with zeros behind them", "", float,
                   double) {
  constexpr std::size_t width = simd::width<TestType>;
  const Counting<TestType> source;
  for (std::size_t count = 0; count <= width; ++count) {
    TestType loaded[width], twin[width];
    simd::store(loaded, simd::load_first(source.elements, count));
    simd::store(twin, simd::portable::load_first(source.elements, count));
    for (std::size_t i = 0; i < width; ++i) {
      CHECK(loaded[i] == (i < count ? source.elements[i] : TestType{}));
      CHECK(twin[i] == loaded[i]);
    }
  }
}

TEMPLATE_TEST_CASE("storing the first elements of a register leaves what lies behind them", "",
                   float, double) {
  constexpr std::size_t width = simd::width<TestType>;
  const Counting<TestType> source;
  const auto value = simd::load(source.elements);
  for (std::size_t count = 0; count <= width; ++count) {
    TestType stored[width + 1], twin[width + 1];
    for (std::size_t i = 0; i <= width; ++i) stored[i] = twin[i] = -1;
    simd::store_first(stored, value, count);
    simd::portable::store_first(twin, value, count);
    for (std::size_t i = 0; i <= width; ++i) {
      CHECK(stored[i] == (i < count ? source.elements[i] : TestType{-1}));
      CHECK(twin[i] == stored[i]);
    }
  }
}

TEMPLATE_TEST_CASE("a multiply-add is rounded once where the machine has the instruction", "",
                   float, double) {
  // (1 + e)^2 - (1 + 2 e) is e^2, which is lost when the square is rounded first.
  const TestType e = std::numeric_limits<TestType>::epsilon(), x = 1 + e;
  TestType result[simd::width<TestType>];
  simd::store(result, simd::fma<TestType>(simd::Batch<TestType>(x), simd::Batch<TestType>(x),
                                          simd::Batch<TestType>(-(1 + 2 * e))));
  const bool has_instruction = std::string_view(instruction_set).starts_with("AVX");
  for (const TestType element : result) CHECK(element == (has_instruction ? e * e : TestType{}));
}
