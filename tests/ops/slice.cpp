#include <weft/ops/slice.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

// The elements of the view's own slice(), which the operation does not use.
template <std::size_t Axis, std::size_t Begin, std::size_t Count, class V>
void check_view(const V& x) {
  INFO(to_string(typename V::shape_type{}, x.leading()) << ", axis " << Axis);
  CHECK(slice<Axis, Begin, Count>(x) == Tensor(x.template slice<Axis, Begin, Count>()));
  const auto gradient = check_gradient([](auto v) { return slice<Axis, Begin, Count>(v); }, x);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(gradient.compared == x.size());
}

template <std::size_t Axis, std::size_t Begin, std::size_t Count, class X>
void check(X x) {
  check_view<Axis, Begin, Count>(x.view());
}

}  // namespace

TEST_CASE("slice takes a range of any axis") {
  check<0, 0, 5>(numbers<double, 5>(1));
  check<0, 2, 3>(numbers<double, 5>(1));
  check<0, 4, 1>(numbers<double, 5>(1));
  check<0, 1, 2>(numbers<double, 4, 3>(1));
  check<1, 0, 1>(numbers<double, 4, 3>(1));
  check<1, 1, 2>(numbers<double, 4, 3>(1));
  check<1, 3, 18>(numbers<double, 2, 23>(1));
  check<0, 1, 1>(numbers<double, 2, 3, 4>(1));
  check<1, 1, 2>(numbers<double, 2, 3, 4>(1));
  check<2, 2, 1>(numbers<double, 2, 3, 4>(1));
  check<1, 2, 1>(numbers<double, 1, 3, 17>(1));
  check<2, 0, 2>(numbers<double, 2, 1, 3, 2>(1));
  check<3, 1, 3>(numbers<double, 2, 2, 2, 5>(1));
}

TEST_CASE("slice leaves a dynamic leading extent as it is") {
  check<1, 1, 2>(numbers<double, dynamic, 3>(2, 4));
  check<1, 0, 3>(numbers<double, dynamic, 3, 4>(2, 2));
  check<2, 2, 2>(numbers<double, dynamic, 3, 4>(2, 2));
  check<3, 0, 1>(numbers<double, dynamic, 1, 3, 2>(2, 3));
  CHECK(slice<1, 0, 1>(Tensor<double, dynamic, 2>(0)).leading() == 0);
}

TEST_CASE("slice reads views with gaps") {
  auto x = numbers<double, 4, 5, 6>(3);
  check_view<1, 1, 3>(x.view().slice<2, 1, 4>());
  check_view<0, 2, 3>(x.view().permute<1, 2, 0>());
  check_view<2, 2, 2>(x.view().rows(1, 2));
  check_view<1, 0, 2>(x.view()[3]);
}

TEST_CASE("slice of a dynamic leading axis is checked at run time") {
  using Catch::Matchers::Message;
  const auto x = numbers<double, dynamic, 3>(1, 4);
  CHECK(slice<0, 1, 2>(x) == Tensor<double, 2, 3>(View<const double, 2, 3>(x.data() + 3)));
  CHECK_THROWS_MATCHES(
      (slice<0, 3, 2>(x)), Error,
      Message("[slice] the range must lie within its axis: [3, 5) of axis 0 of (4, 3)"));
  const auto gradient = check_gradient([](auto v) { return slice<0, 1, 2>(v); }, x);
  CHECK(gradient.passed());
}

TEST_CASE("gradients of slices that overlap add up, and are zero outside") {
  Tape tape;
  const auto x = tape.variable(numbers<double, 5>(1));
  const auto first = slice<0, 0, 2>(x), second = slice<0, 1, 2>(x);
  std::fill_n(first.target().data, 2, 1.0);
  std::fill_n(second.target().data, 2, 10.0);
  tape.backward();
  CHECK(Tensor(x.gradient()) == Tensor<double, 5>{1, 11, 10, 0, 0});
}
