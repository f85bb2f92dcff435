#include <weft/ops/softmax.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

TEST_CASE("softmax of logarithms gives the numbers in proportion") {
  const Tensor<double, 2, 3> x{{std::log(1.0), std::log(2.0), std::log(5.0)}, {-700, -700, -700}};
  const Tensor<double, 2, 3> expected{{0.125, 0.25, 0.625}, {1. / 3, 1. / 3, 1. / 3}};
  CHECK(greatest_difference(softmax(x), expected) < 1e-15);
}

TEST_CASE("softmax takes the last axis of any rank") {
  for_each_shape([]<std::size_t... Extents>(const Tensor<double, Extents...>& x) {
    const auto y = softmax(x);
    const std::size_t columns = x.extent(sizeof...(Extents) - 1);
    for (std::size_t first = 0; first < x.size(); first += columns) {
      double total = 0;
      for (std::size_t j = first; j < first + columns; ++j) {
        total += y.data()[j];
        const double ratio = std::exp(x.data()[j] - x.data()[first]);
        CHECK(std::abs(y.data()[j] / y.data()[first] / ratio - 1) < 1e-14);
      }
      CHECK(std::abs(total - 1) < 1e-14);
    }
  });
}

TEST_CASE("gradients of softmax") {
  for_each_shape([](const auto& x) { check_gradients([](auto a) { return softmax(a); }, x); });
}

TEST_CASE("gradients of softmax add up over two uses") {
  CHECK(two_uses_error([](auto a) { return softmax(a); }, numbers<double, 3, 11>(2)) < 1e-14);
}

TEST_CASE("softmax of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return softmax(a); }, x));
  });
}
