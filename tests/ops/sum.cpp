#include <weft/ops/sum.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

template <class X, std::size_t... Axis>
void check_axes(const X& x, std::index_sequence<Axis...>) {
  (check_gradients([](auto a) { return sum<Axis>(a); }, x), ...);
}
template <class X>
void check_all_axes(const X& x) {
  check_axes(x, std::make_index_sequence<X::rank>{});
}

}  // namespace

TEST_CASE("the sum of all elements and along each axis") {
  const Tensor<float, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  CHECK(sum(x).item() == 21);
  CHECK(sum<0>(x) == Tensor<float, 3>{5, 7, 9});
  CHECK(sum<1>(x) == Tensor<float, 2>{6, 15});
  CHECK(sum(Tensor<float, dynamic, 3>{{1, 2, 3}, {4, 5, 6}}).item() == 21);
}

TEST_CASE("a sum takes its axis out of the shape and keeps the others") {
  const auto x = numbers<double, dynamic, 2, 3, 5>(1, 4);
  STATIC_CHECK(std::is_same_v<decltype(sum<0>(x)), Tensor<double, 2, 3, 5>>);
  STATIC_CHECK(std::is_same_v<decltype(sum<2>(x)), Tensor<double, dynamic, 2, 5>>);
  const auto y = sum<2>(x);
  REQUIRE(y.leading() == 4);
  double error = 0;
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t d = 0; d < 5; ++d)
        error = std::max(error,
                         std::abs(y(a, b, d) - x(a, b, 0, d) - x(a, b, 1, d) - x(a, b, 2, d)));
  CHECK(error < 1e-14);
}

TEST_CASE("a sum of no elements is zero") {
  CHECK(sum(Tensor<float, dynamic>(0)).item() == 0);
  CHECK(sum<0>(Tensor<float, dynamic, 2>(0)) == Tensor<float, 2>{0, 0});
}

TEST_CASE("gradients of sum") {
  for_each_shape([](const auto& x) { check_gradients([](auto a) { return sum(a); }, x); });
}

TEST_CASE("gradients of sum along each axis") {
  for_each_shape([](const auto& x) { check_all_axes(x); });
}

TEST_CASE("gradients of sum add up over two uses") {
  const auto x = numbers<double, 3, 5>(2);
  CHECK(two_uses_error([](auto a) { return sum(a); }, x) < 1e-14);
  CHECK(two_uses_error([](auto a) { return sum<0>(a); }, x) < 1e-14);
  CHECK(two_uses_error([](auto a) { return sum<1>(a); }, x) < 1e-14);
}

TEST_CASE("the sum of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return sum(a); }, x));
    CHECK(sees_through([](const auto& a) { return sum<1>(a); }, x));
  });
}
