#include <weft/simd/normal.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/simd/ulp.hpp>

using namespace weft;

namespace {

const auto distribution_of = [](auto x) { return simd::normal(x).distribution; };
const auto density_of = [](auto x) { return simd::normal(x).density; };

// Phi(x) = erfc(-x / sqrt 2) / 2
const auto exact_distribution = [](auto x) {
  return std::erfc(-x * static_cast<decltype(x)>(0.707106781186547524400844362104849039L)) / 2;
};
// phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
const auto exact_density = [](auto x) {
  return std::exp(-x * x / 2) *
         static_cast<decltype(x)>(0.398942280401432677939946059934381868L);
};

}  // namespace

TEMPLATE_TEST_CASE("the normal distribution keeps relative precision down its lower tail", "",
                   float, double) {
  const double end = sizeof(TestType) == 4 ? -15 : -39;  // beyond, Phi is zero
  const auto allowed = [](double x) { return 10 + x * x / 2; };
  CHECK(worst_ratio<TestType>(distribution_of, exact_distribution,
                              numbers_between<TestType>(end, 0, 200'001), allowed) < 1);
}

TEMPLATE_TEST_CASE("the normal distribution is within 5 ulp above zero", "", float, double) {
  CHECK(worst_ulp<TestType>(distribution_of, exact_distribution,
                            numbers_between<TestType>(0, 40, 200'001)) < 5);
}

TEMPLATE_TEST_CASE("the normal density is within 3 + x^2 / 2 ulp", "", float, double) {
  const double end = sizeof(TestType) == 4 ? 15 : 39;
  const auto allowed = [](double x) { return 3 + x * x / 2; };
  CHECK(worst_ratio<TestType>(density_of, exact_density,
                              numbers_between<TestType>(-end, end, 200'001), allowed) < 1);
}

TEMPLATE_TEST_CASE("the normal distribution ends at zero and one", "", float, double) {
  for (TestType x : {TestType(50), std::numeric_limits<TestType>::max(),
                     std::numeric_limits<TestType>::infinity()}) {
    CHECK(value<TestType>(distribution_of, x) == 1);
    CHECK(value<TestType>(distribution_of, -x) == 0);
    CHECK(value<TestType>(density_of, x) == 0);
  }
  CHECK(std::isnan(
      value<TestType>(distribution_of, std::numeric_limits<TestType>::quiet_NaN())));
}
