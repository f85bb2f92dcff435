#include <weft/ops/multiply.hpp>

#include <tests/ops/broadcast.hpp>

using namespace weft;

TEST_CASE("multiply gives the product of elements, repeating its second operand") {
  check_broadcasting([](const auto& a, const auto& b) { return multiply(a, b); },
                     [](double a, double b) { return a * b; });
}

TEST_CASE("multiply refuses extents that do not fit") {
  check_refusals([](const auto& a, const auto& b) { return multiply(a, b); }, "multiply");
}

TEST_CASE("an asterisk multiplies tensors, scalars and numbers") {
  const Tensor<float, 2> x{1, -3}, y{10, 20};
  CHECK(x * y == Tensor<float, 2>{10, -60});
  CHECK(x * Tensor<float>(0.5f) == Tensor<float, 2>{0.5, -1.5});
  CHECK(multiply(x, 2) == Tensor<float, 2>{2, -6});
}

TEST_CASE("a variable times itself gets both contributions to its gradient") {
  const auto gradient = check_gradient([](auto a) { return a * a * a; }, numbers<double, 3, 5>(1));
  INFO(gradient.where);
  CHECK(gradient.passed());
}
