#include <weft/ops/max.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

template <class X, std::size_t... Axis>
void check_axes(const X& x, std::index_sequence<Axis...>) {
  (check_gradients([](auto a) { return weft::max<Axis>(a); }, x), ...);
}
template <class X>
void check_all_axes(const X& x) {
  check_axes(x, std::make_index_sequence<X::rank>{});
}

}  // namespace

TEST_CASE("the greatest element along each axis") {
  const Tensor<float, 2, 3> x{{1, -2, 3}, {4, -5, -6}};
  CHECK(weft::max<0>(x) == Tensor<float, 3>{4, -2, 3});
  CHECK(weft::max<1>(x) == Tensor<float, 2>{3, 4});
}

TEST_CASE("the gradient of max goes to the first of equally great elements") {
  Tape tape;
  const Tensor<double, 2, 4> x{{1, 7, 7, 7}, {2, 2, 1, 0}};
  const auto input = tape.variable(x);
  const auto y = weft::max<1>(input);
  const auto seed = y.target();
  seed.data[0] = 10;
  seed.data[1] = 20;
  tape.backward();
  CHECK(Tensor(input.gradient()) == Tensor<double, 2, 4>{{0, 10, 0, 0}, {20, 0, 0, 0}});
}

TEST_CASE("no elements have no greatest one") {
  CHECK_THROWS_AS(weft::max<0>(Tensor<float, dynamic, 2>(0)), Error);
  CHECK(weft::max<1>(Tensor<float, dynamic, 2>(0)).size() == 0);
}

TEST_CASE("gradients of max along each axis") {
  for_each_shape([](const auto& x) { check_all_axes(x); });
}

TEST_CASE("gradients of max add up over two uses") {
  const auto x = numbers<double, 3, 5>(2);
  CHECK(two_uses_error([](auto a) { return weft::max<0>(a); }, x) < 1e-14);
}

TEST_CASE("the greatest elements of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return weft::max<1>(a); }, x));
  });
}
