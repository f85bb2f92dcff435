#include <weft/ops/permute.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

// The elements in the order of the view's own permute(), which the operation does not use.
template <std::size_t... Axes, class V>
void check_view(const V& x) {
  INFO(to_string(typename V::shape_type{}, x.leading()));
  CHECK(permute<Axes...>(x) == Tensor(x.template permute<Axes...>()));
  const auto gradient = check_gradient([](auto v) { return permute<Axes...>(v); }, x);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(gradient.compared == x.size());
}

template <std::size_t... Axes, class X>
void check(X x) {
  check_view<Axes...>(x.view());
}

}  // namespace

TEST_CASE("permute orders the axes as asked") {
  check<0>(numbers<double, 7>(1));
  check<0, 1>(numbers<double, 3, 4>(1));
  check<1, 0>(numbers<double, 3, 4>(1));
  check<1, 0>(numbers<double, 1, 19>(1));
  check<1, 0>(numbers<double, 17, 2>(1));
  check<0, 2, 1>(numbers<double, 2, 3, 4>(1));
  check<1, 0, 2>(numbers<double, 2, 3, 9>(1));
  check<1, 2, 0>(numbers<double, 2, 3, 4>(1));
  check<2, 0, 1>(numbers<double, 4, 2, 3>(1));
  check<2, 1, 0>(numbers<double, 5, 1, 3>(1));
  check<0, 2, 1, 3>(numbers<double, 2, 3, 4, 5>(1));
  check<3, 1, 2, 0>(numbers<double, 2, 3, 4, 5>(1));
  check<1, 0, 3, 2>(numbers<double, 2, 3, 2, 3>(1));
}

TEST_CASE("permute keeps a dynamic leading axis in its place") {
  check<0, 1>(numbers<double, dynamic, 3>(2, 5));
  check<0, 2, 1>(numbers<double, dynamic, 3, 4>(2, 2));
  check<0, 1, 2>(numbers<double, dynamic, 3, 4>(2, 0 + 1));
  check<0, 3, 1, 2>(numbers<double, dynamic, 3, 2, 4>(2, 3));
  CHECK(permute<0, 2, 1>(Tensor<double, dynamic, 3, 4>(0)).size() == 0);
}

TEST_CASE("permute reads views with gaps") {
  auto x = numbers<double, 4, 5, 6>(3);
  check_view<1, 0, 2>(x.view().slice<2, 1, 3>());
  check_view<2, 1, 0>(x.view().permute<1, 2, 0>());
  check_view<0, 2, 1>(x.view().rows(1, 2).slice<1, 0, 4>());
  check_view<1, 0>(x.view()[2]);
}

TEST_CASE("permuting there and back adds to one gradient") {
  const auto there_and_back = [](auto x) { return permute<2, 0, 1>(permute<1, 2, 0>(x)); };
  CHECK(there_and_back(numbers<double, 2, 3, 4>(1)) == numbers<double, 2, 3, 4>(1));
  Tape tape;
  const auto x = tape.variable(numbers<double, 2, 3>(1));
  const auto once = permute<1, 0>(x), twice = permute<1, 0>(x);
  for (const auto& y : {once, twice}) std::fill_n(y.target().data, 6, 1.5);
  tape.backward();
  for (const double element : Tensor(x.gradient())) CHECK(element == 3);
}
