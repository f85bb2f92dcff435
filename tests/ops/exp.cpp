#include <weft/ops/exp.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("exp is e to the power of each element, with its gradient") {
  check_elementwise([](const auto& x) { return exp(x); }, [](double x) { return std::exp(x); }, -3,
                    3);
}
