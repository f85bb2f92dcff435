#include <weft/ops/negate.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("negate is minus each element, with its gradient") {
  check_elementwise([](const auto& x) { return negate(x); }, [](double x) { return -x; }, -2, 2);
}

TEST_CASE("a minus sign negates, also where the element is zero") {
  const Tensor<float, 3> y = -Tensor<float, 3>{1, -2, 0};
  CHECK(y == Tensor<float, 3>{-1, 2, 0});
  CHECK(std::signbit(y(2)));
}
