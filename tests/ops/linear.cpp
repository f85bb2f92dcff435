#include <weft/ops/linear.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// One instantiation for inputs of all shapes: (rows, in), (in, out), (out).
template <class X, class W, class B>
Tensor<double, dynamic> reference(const X& x, const W& weight, const B* bias) {
  const std::size_t in = weight.extent(0), out = weight.extent(1);
  const Tensor copy{x.view()};
  Tensor<double, dynamic> y(copy.size() / in * out);
  for (std::size_t row = 0; row < copy.size() / in; ++row)
    for (std::size_t j = 0; j < out; ++j) {
      double sum = bias ? bias->data()[j] : 0;
      for (std::size_t k = 0; k < in; ++k)
        sum += copy.data()[row * in + k] * weight.data()[k * out + j];
      y.data()[row * out + j] = sum;
    }
  return y;
}

template <std::size_t Out, class X>
void check(const X& x) {
  constexpr std::size_t in = X::shape_type::last;
  const auto weight = numbers<double, in, Out>(11);
  const auto bias = numbers<double, Out>(12);
  INFO(to_string(typename X::shape_type{}, x.leading()) << " to " << Out);
  CHECK(greatest_difference(linear(x, weight, bias), reference(x, weight, &bias)) < 1e-13);
  CHECK(greatest_difference(linear(x, weight), reference<X, decltype(weight), decltype(bias)>(
                                                   x, weight, nullptr)) < 1e-13);
  check_gradients([](auto a, auto w, auto b) { return linear(a, w, b); }, x, weight, bias);
  check_gradients([](auto a, auto w) { return linear(a, w); }, x, weight);
}

}  // namespace

TEST_CASE("linear maps the last axis of arrays of one to four axes") {
  check<1>(numbers<double, 1>(1));
  check<3>(numbers<double, 5>(1));
  check<17>(numbers<double, 2>(1));
  check<5>(numbers<double, 3, 4>(1));
  check<16>(numbers<double, 9, 8>(1));
  check<7>(numbers<double, 2, 3, 4>(1));
  check<2>(numbers<double, 2, 3, 2, 5>(1));
  check<9>(numbers<double, 1, 1, 1, 3>(1));
  check<8>(numbers<double, 17>(1));
  check<1>(numbers<double, 6, 1>(1));
  check<12>(numbers<double, 1, 16>(1));
  check<3>(numbers<double, 7, 33>(1));
  check<24>(numbers<double, 3, 2, 9>(1));
  check<6>(numbers<double, 2, 2, 3, 7>(1));
}

TEST_CASE("linear takes a dynamic leading extent") {
  check<3>(numbers<double, dynamic, 4>(2, 6));
  check<33>(numbers<double, dynamic, 2>(2, 3));
  check<4>(numbers<double, dynamic, 3, 5>(2, 2));
  check<2>(numbers<double, dynamic, 2, 3, 4>(2, 2));
  check<11>(numbers<double, dynamic, 18>(2, 1));
  check<5>(numbers<double, dynamic, 1, 6>(2, 4));
  static_assert(decltype(linear(numbers<float, dynamic, 3, 5>(1, 2),
                                numbers<float, 5, 4>(1)))::shape_type::extents ==
                std::array{dynamic, std::size_t{3}, std::size_t{4}});
}

TEST_CASE("linear takes views with gaps for every input") {
  auto x = numbers<double, 7, 9>(3);
  auto weight = numbers<double, 6, 7>(4);
  auto bias = numbers<double, 3, 6>(5);
  const auto gaps = x.view().permute<1, 0>().slice<0, 2, 5>();        // (5, 7)
  const auto turned = weight.view().permute<1, 0>();                  // (7, 6)
  const auto column = bias.view()[1];                                 // (6)
  const auto y = linear(gaps, turned, column);
  CHECK(y == linear(Tensor(gaps), Tensor(turned), Tensor(column)));
  const auto gradient =
      check_gradient([](auto a, auto w, auto b) { return linear(a, w, b); }, gaps, turned, column);
  INFO(gradient.where);
  CHECK(gradient.passed());
  const auto without =
      check_gradient([](auto a, auto w) { return linear(a, w); }, gaps, turned);
  INFO(without.where);
  CHECK(without.passed());
}

TEST_CASE("a weight and a bias used twice collect both gradients") {
  const auto function = [](auto x, auto weight, auto bias) {
    return linear(linear(x, weight, bias), weight, bias);
  };
  for (const std::size_t rows : {1u, 2u, 9u})
    CHECK(check_gradient(function, numbers<double, dynamic, 19>(1, rows),
                         numbers<double, 19, 19>(2), numbers<double, 19>(3))
              .passed());
}

TEST_CASE("no rows give a weight and a bias gradients of zeros") {
  Tape tape;
  const Tensor<double, dynamic, 3> x(0);
  const auto weight = tape.variable(numbers<double, 3, 5>(1));
  const auto bias = tape.variable(numbers<double, 5>(2));
  const auto y = linear(tape.constant(x), weight, bias);
  CHECK(y.leading() == 0);
  static_cast<void>(y.target());
  tape.backward();
  CHECK(Tensor(weight.gradient()) == Tensor<double, 3, 5>());
  CHECK(Tensor(bias.gradient()) == Tensor<double, 5>());
}
