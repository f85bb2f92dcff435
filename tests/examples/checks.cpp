#include <examples/experiment/checks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace experiment;

namespace {

bool passes(const std::optional<double>& low, const std::optional<double>& high, double value) {
  return Check{"x", value, low, high}.passed();
}

}  // namespace

TEST_CASE("a check passes from its lower to its upper bound, both included") {
  CHECK(passes(0.25, 0.75, 0.25));
  CHECK(passes(0.25, 0.75, 0.75));
  CHECK_FALSE(passes(0.25, 0.75, 0.2499));
  CHECK_FALSE(passes(0.25, 0.75, 0.7501));
  CHECK(passes(0.25, {}, 1e9));
  CHECK(passes({}, 0.75, -1e9));
}

TEST_CASE("a value that is not finite passes no check") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(passes(0.0, {}, infinity));
  CHECK_FALSE(passes({}, 0.0, -infinity));
  CHECK_FALSE(passes({}, {}, std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("only checks that are required decide whether the required ones hold") {
  Checks checks;
  checks.at_least("good", 1, 0.5);
  checks.at_least("bad", 0.4, 0.5);
  CHECK_FALSE(checks.required_hold());
  checks.do_not_require({"good"});
  CHECK_FALSE(checks.required_hold());
  checks.do_not_require({"bad"});
  CHECK(checks.required_hold());
  CHECK_FALSE(checks.all()[1].passed());
}

TEST_CASE("what is not required of a seed is not asked of the mean") {
  Checks checks;
  checks.at_least("asked", 0, 0.5);
  checks.show("shown", 0);
  checks.ask_of_mean();
  CHECK(checks.required_hold());
  CHECK(checks.all()[0].of_mean);
  CHECK_FALSE(checks.all()[1].of_mean);
  CHECK(verdict(checks.all()[0], false) == "FAILED (asked of means)");
  checks.require_none();
  CHECK_FALSE(checks.all()[0].of_mean);
}

TEST_CASE("the summary's entry of a check has null where there is no bound") {
  Checks checks;
  checks.at_most("x", 0.5, 0.25);
  CHECK(to_json(checks).dump() ==
        R"([{"name":"x","value":0.5,"low":null,"high":0.25,"required":true,"passed":false}])");
}
