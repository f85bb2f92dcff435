#include <weft/simd/math.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/simd/ulp.hpp>

using namespace weft;

namespace {

// The functions under test as objects, so that they can be passed on.
const auto log_of = [](auto x) { return simd::log(x); };
const auto tanh_of = [](auto x) { return simd::tanh(x); };
const auto sigmoid_of = [](auto x) { return simd::sigmoid(x); };

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

}  // namespace

TEMPLATE_TEST_CASE("log is within 0.9 ulp for arguments of every exponent", "", float, double) {
  const auto exact = [](auto x) { return std::log(x); };
  // Negative arguments too: their logarithm is NaN.
  CHECK(worst_ulp<TestType>(log_of, exact, numbers_of_all_exponents<TestType>(300)) < 0.9);
  CHECK(worst_ulp<TestType>(log_of, exact, numbers_between<TestType>(0.4, 2.5, 400'001)) < 0.9);
}

TEMPLATE_TEST_CASE("log of zero is minus infinity, of a negative number NaN", "", float, double) {
  CHECK(value<TestType>(log_of, TestType(1)) == 0);
  CHECK(value<TestType>(log_of, TestType(0)) == -infinity<TestType>);
  CHECK(value<TestType>(log_of, TestType(-0.0)) == -infinity<TestType>);
  CHECK(value<TestType>(log_of, infinity<TestType>) == infinity<TestType>);
  CHECK(std::isnan(value<TestType>(log_of, -infinity<TestType>)));
  CHECK(std::isnan(value<TestType>(log_of, TestType(-1e-3))));
  CHECK(std::isnan(value<TestType>(log_of, not_a_number<TestType>)));
}

TEMPLATE_TEST_CASE("tanh is within 2.7 ulp for arguments of every exponent", "", float, double) {
  const auto exact = [](auto x) { return std::tanh(x); };
  CHECK(worst_ulp<TestType>(tanh_of, exact, numbers_of_all_exponents<TestType>(300)) < 2.7);
  CHECK(worst_ulp<TestType>(tanh_of, exact, numbers_between<TestType>(-22, 22, 400'001)) < 2.7);
  CHECK(value<TestType>(tanh_of, infinity<TestType>) == 1);
  CHECK(value<TestType>(tanh_of, -infinity<TestType>) == -1);
  CHECK(std::isnan(value<TestType>(tanh_of, not_a_number<TestType>)));
}

TEMPLATE_TEST_CASE("sigmoid is within 2.5 ulp, small results included", "", float, double) {
  const auto exact = [](auto x) {
    const auto e = std::exp(-std::abs(x));
    return (x < 0 ? e : decltype(e){1}) / (1 + e);
  };
  const double end = sizeof(TestType) == 4 ? 110 : 750;
  CHECK(worst_ulp<TestType>(sigmoid_of, exact, numbers_of_all_exponents<TestType>(300)) < 2.5);
  CHECK(worst_ulp<TestType>(sigmoid_of, exact, numbers_between<TestType>(-end, end, 400'001)) <
        2.5);
  CHECK(value<TestType>(sigmoid_of, infinity<TestType>) == 1);
  CHECK(value<TestType>(sigmoid_of, -infinity<TestType>) == 0);
  CHECK(std::isnan(value<TestType>(sigmoid_of, not_a_number<TestType>)));
}
