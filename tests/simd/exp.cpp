#include <weft/simd/exp.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/simd/ulp.hpp>

using namespace weft;

namespace {

// The functions under test as objects, so that they can be passed on.
const auto exp_of = [](auto x) { return simd::exp(x); };
const auto exp_fast_of = [](auto x) { return simd::exp_fast(x); };

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

// The least x whose e^x is a normal number.
template <class T>
constexpr double least_fast = sizeof(T) == 4 ? -87.33654 : -708.39641853226408;

}  // namespace

TEMPLATE_TEST_CASE("exp is within 1.1 ulp for arguments of every exponent", "", float, double) {
  const auto exact = [](auto x) { return std::exp(x); };
  CHECK(worst_ulp<TestType>(exp_of, exact, numbers_of_all_exponents<TestType>(300)) < 1.1);
  const double end = sizeof(TestType) == 4 ? 110 : 750;
  CHECK(worst_ulp<TestType>(exp_of, exact, numbers_between<TestType>(-end, end, 400'001)) < 1.1);
}

TEST_CASE("exp is within 1.1 ulp for every 1021st float") {
  std::vector<float> numbers;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 1021)
    numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  CHECK(worst_ulp<float>(exp_of, [](double x) { return std::exp(x); }, numbers) < 1.1);
}

TEMPLATE_TEST_CASE("exp rounds into the subnormal numbers once", "", float, double) {
  const bool is_float = sizeof(TestType) == 4;
  const auto numbers = is_float ? numbers_between<TestType>(-103.97, -87.33, 20'001)
                                : numbers_between<TestType>(-745.13, -708.39, 20'001);
  for (TestType y : values<TestType>(exp_of, numbers))
    if (!(y > 0)) FAIL("zero where e^x is a subnormal number");
  CHECK(worst_ulp<TestType>(exp_of, [](auto x) { return std::exp(x); }, numbers) < 1.1);
}

TEMPLATE_TEST_CASE("exp overflows to infinity, underflows to zero and passes NaN", "", float,
                   double) {
  const bool is_float = sizeof(TestType) == 4;
  CHECK(value<TestType>(exp_of, infinity<TestType>) == infinity<TestType>);
  CHECK(value<TestType>(exp_of, std::numeric_limits<TestType>::max()) == infinity<TestType>);
  CHECK(value<TestType>(exp_of, TestType(is_float ? 88.73 : 709.79)) == infinity<TestType>);
  CHECK(value<TestType>(exp_of, TestType(is_float ? 88.72 : 709.78)) < infinity<TestType>);
  CHECK(value<TestType>(exp_of, -infinity<TestType>) == 0);
  CHECK(value<TestType>(exp_of, TestType(is_float ? -103.98 : -745.14)) == 0);
  CHECK(value<TestType>(exp_of, TestType(0)) == 1);
  CHECK(value<TestType>(exp_of, TestType(-0.0)) == 1);
  CHECK(std::isnan(value<TestType>(exp_of, not_a_number<TestType>)));
}

TEMPLATE_TEST_CASE("exp_fast is within 3 ulp where the result is normal", "", float, double) {
  const auto exact = [](auto x) { return std::exp(x); };
  const auto numbers = numbers_between<TestType>(least_fast<TestType>, 0, 400'001);
  CHECK(worst_ulp<TestType>(exp_fast_of, exact, numbers) < 3);
  CHECK(value<TestType>(exp_fast_of, TestType(0)) == 1);
}

TEMPLATE_TEST_CASE("exp_fast is zero below the normal numbers, minus infinity included", "", float,
                   double) {
  auto numbers = numbers_between<TestType>(1.000001 * least_fast<TestType>, -1e5, 10'001);
  numbers.push_back(-infinity<TestType>);
  numbers.push_back(-std::numeric_limits<TestType>::max());
  for (TestType y : values<TestType>(exp_fast_of, numbers))
    if (y != 0) FAIL(y << " where zero was expected");
  CHECK(std::isnan(value<TestType>(exp_fast_of, not_a_number<TestType>)));
}

TEMPLATE_TEST_CASE("scaling by a power of two agrees with its portable twin and with ldexp", "",
                   float, double) {
  using Limits = std::numeric_limits<TestType>;
  const int least = Limits::min_exponent - Limits::digits - 2, greatest = Limits::max_exponent + 1;
  for (int n = least; n <= greatest; ++n)
    for (double x : {0.75, 1.0, 1.2345678901234567, 1.5, 1.75}) {
      const auto number = static_cast<TestType>(x);
      const auto power = simd::Batch<TestType>(static_cast<TestType>(n));
      const TestType expected = std::ldexp(number, n);
      CHECK(value<TestType>([&](auto b) { return simd::scale_by_power(b, power); }, number) ==
            expected);
      // Two steps round twice only where the first result is subnormal, which none is here.
      CHECK(value<TestType>([&](auto b) { return simd::portable::scale_by_power(b, power); },
                            number) == expected);
    }
}
