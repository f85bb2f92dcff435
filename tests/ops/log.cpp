#include <weft/ops/log.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("log is the natural logarithm of each element, with its gradient") {
  check_elementwise([](const auto& x) { return log(x); }, [](double x) { return std::log(x); }, 0.2,
                    4);
}
