#include <weft/ops/reshape.hpp>

#include <weft/autograd/gradient_check.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/matmul.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

template <std::size_t... Extents, class X>
void check(const X& x) {
  const auto y = reshape<Extents...>(x);
  static_assert(std::is_same_v<typename decltype(y)::shape_type, Shape<Extents...>>);
  CHECK(y.size() == x.size());
  CHECK(greatest_difference(y, Tensor(x)) == 0);
  const auto gradient = check_gradient([](auto v) { return reshape<Extents...>(v); }, x);
  INFO(gradient.where);
  CHECK(gradient.passed());
}

}  // namespace

TEST_CASE("reshape keeps the elements in row-major order") {
  check<6>(numbers<double, 2, 3>(1));
  check<3, 2>(numbers<double, 6>(1));
  check<1, 1, 6>(numbers<double, 2, 3>(1));
  check<4, 3, 2>(numbers<double, 2, 3, 4>(1));
  check<2, 3, 4, 5>(numbers<double, 120>(1));
  check<5, 24>(numbers<double, 2, 3, 4, 5>(1));
  check<1>(numbers<double, 1, 1, 1>(1));
  check<>(numbers<double, 1>(1));
  check<1, 1>(numbers<double>(1));
  check<17>(numbers<double, 17, 1>(1));
}

TEST_CASE("reshape finds a dynamic leading extent from the number of elements") {
  check<dynamic, 4>(numbers<double, dynamic, 2, 4>(1, 3));
  check<dynamic, 2, 4>(numbers<double, dynamic, 4>(1, 6));
  check<dynamic>(numbers<double, 3, 5>(1));
  check<dynamic, 3>(numbers<double, 12>(1));
  check<3, 5>(numbers<double, dynamic>(1, 15));
  check<2, 2, 3>(numbers<double, dynamic, 3>(1, 4));
  check<dynamic, 2, 3>(numbers<double, dynamic, 6>(1, 1));
}

TEST_CASE("reshape copies views with gaps") {
  auto x = numbers<double, 4, 6>(1);
  check<6, 4>(x.view().permute<1, 0>());
  check<2, 6>(x.view().slice<1, 1, 3>());
  check<dynamic, 3>(x.view().rows(1, 3).slice<1, 0, 3>());
}

TEST_CASE("reshape of a variable copies nothing and records nothing") {
  Tape tape;
  const auto value = numbers<double, 4, 3>(1);
  const auto x = tape.variable(value);
  const auto y = reshape<2, 6>(x);
  CHECK(y.data() == x.data());
  CHECK(y.slot() == x.slot());
  CHECK(tape.size() == 0);
  CHECK_FALSE(reshape<12>(tape.constant(value)).is_differentiated());
}

TEST_CASE("gradients through a reshape and beside it add up") {
  const auto gradient = check_gradient(
      [](auto x) { return matmul(matmul(x, reshape<3, 4>(x)), reshape<4, 3>(x)); },
      numbers<double, 4, 3>(1));
  INFO(gradient.where);
  CHECK(gradient.passed());
}

TEST_CASE("a reshaped tensor owns its elements") {
  auto x = numbers<float, 2, 2>(1);
  const float before = x(0, 0);
  const auto y = reshape<4>(x);
  x.fill(9);
  CHECK(y(0) == before);
  const nn::Parameter<float, 2, 2> parameter{x};
  CHECK(reshape<4>(parameter)(3) == 9);
  CHECK(reshape<4>(Tensor<float, 2, 2>{{1, 2}, {3, 4}}) == Tensor<float, 4>{1, 2, 3, 4});
}

TEST_CASE("reshape refuses a number of elements that does not fit") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(
      (reshape<dynamic, 4>(Tensor<float, dynamic, 3>(5))), Error,
      Message("[reshape] the shapes must hold equally many elements: (5, 3) to (dynamic, 4)"));
  CHECK_THROWS_AS((reshape<2, 3>(Tensor<float, dynamic>(7))), Error);
  Tape tape;
  const auto old = tape.variable(Tensor<float, 4>());
  tape.reset();
  CHECK_THROWS_AS((reshape<2, 2>(old)), Error);
}
