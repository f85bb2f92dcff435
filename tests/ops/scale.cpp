#include <weft/ops/scale.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("scale multiplies each element by a number, with its gradient") {
  check_elementwise([](const auto& x) { return scale(x, -1.75); },
                    [](double x) { return -1.75 * x; }, -2, 2);
}

TEST_CASE("a number may stand on either side of a product") {
  const Tensor<float, 2> x{1, -3};
  CHECK(2.0f * x == Tensor<float, 2>{2, -6});
  CHECK(x * 0.5f == Tensor<float, 2>{0.5, -1.5});
  CHECK(x * 3 == Tensor<float, 2>{3, -9});
  const auto gradient = check_gradient([](auto a) { return -3.0 * (a * 0.5); },
                                       numbers<double, 2, 5>(1));
  INFO(gradient.where);
  CHECK(gradient.passed());
}
