#include <weft/ops/mean.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

template <class X, std::size_t... Axis>
void check_axes(const X& x, std::index_sequence<Axis...>) {
  (check_gradients([](auto a) { return mean<Axis>(a); }, x), ...);
}

}  // namespace

TEST_CASE("the mean of all elements and along each axis") {
  const Tensor<float, 2, 3> x{{1, 2, 3}, {4, 5, 9}};
  CHECK(mean(x).item() == 4);
  CHECK(mean<0>(x) == Tensor<float, 3>{2.5f, 3.5f, 6});
  CHECK(mean<1>(x) == Tensor<float, 2>{2, 6});
  CHECK(mean<0>(Tensor<float, dynamic, 3>{{1, 2, 3}, {4, 5, 9}}) ==
        Tensor<float, 3>{2.5f, 3.5f, 6});
}

TEST_CASE("no elements have no mean") {
  CHECK_THROWS_AS(mean(Tensor<float, dynamic>(0)), Error);
  CHECK_THROWS_AS(mean<0>(Tensor<float, dynamic, 2>(0)), Error);
  CHECK(mean<1>(Tensor<float, dynamic, 2>(0)).size() == 0);
}

TEST_CASE("gradients of mean") {
  for_each_shape([](const auto& x) { check_gradients([](auto a) { return mean(a); }, x); });
}

TEST_CASE("gradients of mean along each axis") {
  for_each_shape([]<std::size_t... Extents>(const Tensor<double, Extents...>& x) {
    check_axes(x, std::make_index_sequence<sizeof...(Extents)>{});
  });
}

TEST_CASE("gradients of mean add up over two uses") {
  const auto x = numbers<double, 3, 5>(2);
  CHECK(two_uses_error([](auto a) { return mean(a); }, x) < 1e-14);
  CHECK(two_uses_error([](auto a) { return mean<0>(a); }, x) < 1e-14);
}

TEST_CASE("the mean of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return mean(a); }, x));
    CHECK(sees_through([](const auto& a) { return mean<0>(a); }, x));
  });
}
