#include <weft/ops/concat.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

template <std::size_t Axis, class A, class B>
void check(const A& a, const B& b) {
  INFO(to_string(typename A::shape_type{}, a.leading())
       << " and " << to_string(typename B::shape_type{}, b.leading()) << ", axis " << Axis);
  const auto y = concat<Axis>(a, b);
  std::size_t outer = 1, inner = 1;
  for (std::size_t axis = 0; axis < A::rank; ++axis)
    (axis < Axis ? outer : inner) *= axis == Axis ? 1 : a.extent(axis);
  // What follows one another in the result: a run of a, a run of b, a run of a, ...
  const Tensor first(a);
  const Tensor second(b);
  const std::size_t run_of_first = inner * a.extent(Axis), run_of_second = inner * b.extent(Axis);
  Tensor<double, dynamic> expected(first.size() + second.size());
  double* target = expected.data();
  for (std::size_t o = 0; o < outer; ++o) {
    target = std::copy_n(first.data() + o * run_of_first, run_of_first, target);
    target = std::copy_n(second.data() + o * run_of_second, run_of_second, target);
  }
  CHECK(y.extent(Axis) == a.extent(Axis) + b.extent(Axis));
  CHECK(greatest_difference(y, expected) == 0);
  const auto gradient = check_gradient([](auto u, auto v) { return concat<Axis>(u, v); }, a, b);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(gradient.compared == expected.size());
}

}  // namespace

TEST_CASE("concat joins along any axis") {
  check<0>(numbers<double, 3>(1), numbers<double, 1>(2));
  check<0>(numbers<double, 1>(1), numbers<double, 18>(2));
  check<0>(numbers<double, 3, 4>(1), numbers<double, 2, 4>(2));
  check<1>(numbers<double, 3, 4>(1), numbers<double, 3, 1>(2));
  check<1>(numbers<double, 2, 17>(1), numbers<double, 2, 9>(2));
  check<0>(numbers<double, 2, 3, 4>(1), numbers<double, 1, 3, 4>(2));
  check<1>(numbers<double, 2, 3, 4>(1), numbers<double, 2, 5, 4>(2));
  check<2>(numbers<double, 2, 3, 4>(1), numbers<double, 2, 3, 4>(2));
  check<1>(numbers<double, 1, 1, 7>(1), numbers<double, 1, 2, 7>(2));
  check<3>(numbers<double, 2, 1, 3, 2>(1), numbers<double, 2, 1, 3, 1>(2));
  check<2>(numbers<double, 2, 2, 1, 5>(1), numbers<double, 2, 2, 2, 5>(2));
}

TEST_CASE("concat takes dynamic leading extents") {
  check<0>(numbers<double, dynamic>(1, 2), numbers<double, 3>(2));
  check<0>(numbers<double, 2, 3>(1), numbers<double, dynamic, 3>(2, 1));
  check<0>(numbers<double, dynamic, 2, 3>(1, 2), numbers<double, dynamic, 2, 3>(2, 4));
  check<1>(numbers<double, dynamic, 2>(1, 3), numbers<double, dynamic, 4>(2, 3));
  check<2>(numbers<double, dynamic, 2, 1>(1, 3), numbers<double, 3, 2, 5>(2));
  static_assert(decltype(concat<0>(numbers<float, 2, 3>(1),
                                   numbers<float, dynamic, 3>(1, 2)))::shape_type::is_dynamic);
  static_assert(decltype(concat<0>(numbers<float, 2, 3>(1),
                                   numbers<float, 5, 3>(1)))::shape_type::leading == 7);
  CHECK(concat<1>(Tensor<float, dynamic, 2>(0), Tensor<float, dynamic, 3>(0)).size() == 0);
}

TEST_CASE("concat reads views with gaps") {
  auto a = numbers<double, 4, 5, 6>(3);
  auto b = numbers<double, 4, 6, 5>(4);
  check<1>(a.view().slice<2, 1, 5>(), b.view().slice<1, 2, 3>());
  check<0>(a.view().rows(1, 2), b.view().permute<0, 2, 1>());
  check<2>(a.view(), b.view().permute<0, 2, 1>().slice<2, 0, 2>());
  check<1>(a.view()[2], b.view()[1].permute<1, 0>());
}

TEST_CASE("concat takes any number of operands, and one of them several times") {
  CHECK(concat<0>(Tensor<float, 1>{1}, Tensor<float, 2>{2, 3}, Tensor<float, 1>{4}) ==
        Tensor<float, 4>{1, 2, 3, 4});
  CHECK(concat<0>(Tensor<float, 2>{2, 3}) == Tensor<float, 2>{2, 3});
  const auto gradient = check_gradient([](auto x, auto y) { return concat<1>(x, y, x, x); },
                                       numbers<double, 3, 2>(1), numbers<double, 3, 1>(2));
  INFO(gradient.where);
  CHECK(gradient.passed());
}

TEST_CASE("concat refuses leading extents that differ at run time") {
  CHECK_THROWS_MATCHES(
      concat<1>(Tensor<float, dynamic, 2>(3), Tensor<float, 4, 1>()), Error,
      Catch::Matchers::Message("[concat] leading extents must be equal: (3, 2) and (4, 1)"));
}
