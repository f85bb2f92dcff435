#include <weft/ops/square.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("square is each element times itself, with its gradient") {
  check_elementwise([](const auto& x) { return square(x); }, [](double x) { return x * x; }, -2, 2);
}
