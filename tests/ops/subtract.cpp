#include <weft/ops/subtract.hpp>

#include <tests/ops/broadcast.hpp>
#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("subtract gives the difference of elements, repeating its second operand") {
  check_broadcasting([](const auto& a, const auto& b) { return subtract(a, b); },
                     [](double a, double b) { return a - b; });
}

TEST_CASE("subtract refuses extents that do not fit") {
  check_refusals([](const auto& a, const auto& b) { return subtract(a, b); }, "subtract");
}

TEST_CASE("a minus sign subtracts tensors, scalars and numbers, on either side") {
  const Tensor<float, 2> x{1, -3}, y{10, 20};
  CHECK(x - y == Tensor<float, 2>{-9, -23});
  CHECK(x - Tensor<float>(0.5f) == Tensor<float, 2>{0.5, -3.5});
  CHECK(x - 2.0f == Tensor<float, 2>{-1, -5});
  CHECK(1 - x == Tensor<float, 2>{0, 4});
}

TEST_CASE("a number is subtracted from every element, and every element from a number") {
  check_elementwise([](const auto& x) { return (2.0 - x) - 0.5; },
                    [](double x) { return 2 - x - 0.5; }, -2, 2);
}
