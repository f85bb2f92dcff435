#include <weft/ops/log_softmax.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

TEST_CASE("log-softmax of logarithms gives the logarithms of proportions") {
  const Tensor<double, 2, 3> x{{std::log(1.0), std::log(2.0), std::log(5.0)}, {0, -900, 0}};
  const Tensor<double, 2, 3> expected{{std::log(0.125), std::log(0.25), std::log(0.625)},
                                      {-std::log(2.0), -900 - std::log(2.0), -std::log(2.0)}};
  CHECK(greatest_difference(log_softmax(x), expected) < 1e-12);
}

TEST_CASE("gradients of log-softmax") {
  for_each_shape([](const auto& x) { check_gradients([](auto a) { return log_softmax(a); }, x); });
}

TEST_CASE("gradients of log-softmax add up over two uses") {
  CHECK(two_uses_error([](auto a) { return log_softmax(a); }, numbers<double, 3, 11>(2)) < 1e-14);
}

TEST_CASE("log-softmax of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return log_softmax(a); }, x));
  });
}
