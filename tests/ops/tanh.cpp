#include <weft/ops/tanh.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("tanh is the hyperbolic tangent of each element, with its gradient") {
  check_elementwise([](const auto& x) { return tanh(x); },
                    [](double x) { return std::tanh(x); }, -3, 3);
}
