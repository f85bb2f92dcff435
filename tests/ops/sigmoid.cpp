#include <weft/ops/sigmoid.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("sigmoid is the logistic function of each element, with its gradient") {
  check_elementwise([](const auto& x) { return sigmoid(x); },
                    [](double x) { return 1 / (1 + std::exp(-x)); }, -4, 4);
}
