#include <weft/ops/relu.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("relu is the positive part of each element, with its gradient") {
  check_elementwise([](const auto& x) { return relu(x); },
                    [](double x) { return x > 0 ? x : 0; }, -2, 2);
}
