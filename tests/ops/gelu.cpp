#include <weft/ops/gelu.hpp>

#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("gelu weighs each element with the normal distribution, with its gradient") {
  check_elementwise([](const auto& x) { return gelu(x); },
                    [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }, -4, 4);
}

TEST_CASE("gelu_tanh is the tanh form of gelu, with its gradient") {
  check_elementwise([](const auto& x) { return gelu_tanh(x); },
                    [](double x) {
                      const double slope = std::sqrt(2 / 3.14159265358979323846);
                      return x * (1 + std::tanh(slope * (x + 0.044715 * x * x * x))) / 2;
                    },
                    -4, 4);
}

TEST_CASE("the two forms of gelu differ by less than 5e-4, and do differ") {
  auto x = numbers<double, 1000>(1);
  for (double& element : x) element *= 6;
  const double difference = greatest_difference(gelu(x), gelu_tanh(x));
  CHECK(difference < 5e-4);
  CHECK(difference > 1e-4);
}
