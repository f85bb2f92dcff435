#include <weft/core/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

using namespace weft;
using Catch::Matchers::Message;

TEST_CASE("an error reads operation, rule, values") {
  CHECK_THROWS_MATCHES(fail("matmul", "inner extents must agree", "3 and 4"), Error,
                       Message("[matmul] inner extents must agree: 3 and 4"));
}

TEST_CASE("an error without values has no colon") {
  CHECK_THROWS_MATCHES(fail("integer", "there is no number below 0"), Error,
                       Message("[integer] there is no number below 0"));
}

TEST_CASE("an error is caught as a standard exception") {
  CHECK_THROWS_AS(fail("any", "rule"), std::runtime_error);
}
