#include <weft/ops/layer_norm.hpp>

#include <weft/nn/parameter.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// Calls check(x, gain, bias) for x of 23 shapes.
template <class Check>
void for_each_norm(Check check) {
  const auto with = [&]<std::size_t... Extents>(const Tensor<double, Extents...>& x) {
    constexpr std::size_t columns = Shape<Extents...>::last;
    if constexpr (columns != dynamic)
      check(x, numbers<double, columns>(51), numbers<double, columns>(52));
  };
  for_each_shape(with);
}

}  // namespace

TEST_CASE("layer norm gives rows of mean 0 and variance 1") {
  const Tensor<double, 2, 4> x{{1, 3, 1, 3}, {-40, -40, 0, 0}};
  const Tensor<double, 2, 4> expected{{-1, 1, -1, 1}, {-1, -1, 1, 1}};
  CHECK(greatest_difference(layer_norm(x, 0), expected) < 1e-15);
  const Tensor<double, 4> gain{1, 2, 3, 4}, bias{0, 0, 10, 0};
  CHECK(greatest_difference(layer_norm(x, gain, 0),
                            Tensor<double, 2, 4>{{-1, 2, -3, 4}, {-1, -2, 3, 4}}) < 1e-15);
  CHECK(greatest_difference(layer_norm(x, gain, bias, 0),
                            Tensor<double, 2, 4>{{-1, 2, 7, 4}, {-1, -2, 13, 4}}) < 1e-14);
}

TEST_CASE("layer norm adds epsilon to the variance, 1e-5 unless asked otherwise") {
  const Tensor<double, 1, 2> x{{-1, 1}};
  CHECK(std::abs(layer_norm(x)(0, 1) - 1 / std::sqrt(1 + 1e-5)) < 1e-15);
  CHECK(std::abs(layer_norm(x, 3)(0, 1) - 0.5) < 1e-15);
  CHECK(layer_norm(Tensor<double, 1, 2>{{7, 7}}) == Tensor<double, 1, 2>{});
}

TEST_CASE("gradients of layer norm with gain and bias") {
  for_each_norm([](const auto& x, const auto& gain, const auto& bias) {
    check_gradients([](auto a, auto g, auto b) { return layer_norm(a, g, b, 0.1); }, x, gain,
                    bias);
  });
}

TEST_CASE("gradients of layer norm with gain") {
  for_each_norm([](const auto& x, const auto& gain, const auto&) {
    check_gradients([](auto a, auto g) { return layer_norm(a, g, 0.1); }, x, gain);
  });
}

TEST_CASE("gradients of layer norm alone") {
  for_each_shape(
      [](const auto& x) { check_gradients([](auto a) { return layer_norm(a, 0.1); }, x); });
}

TEST_CASE("gradients of layer norm add up over two uses, of each operand") {
  const auto x = numbers<double, 3, 11>(1);
  const auto gain = numbers<double, 11>(2), bias = numbers<double, 11>(3);
  CHECK(two_uses_error([&](auto a) { return layer_norm(a, gain, bias); }, x) < 1e-13);
  CHECK(two_uses_error([&](auto g) { return layer_norm(x, g, bias); }, gain) < 1e-13);
  CHECK(two_uses_error([&](auto b) { return layer_norm(x, gain, b); }, bias) < 1e-13);
}

TEST_CASE("layer norm of a view with gaps") {
  for_each_view([]<class T, std::size_t... Extents>(const View<T, Extents...>& x) {
    auto pairs = numbers<double, Shape<Extents...>::last, 2>(4);
    const auto columns = pairs.view().template permute<1, 0>();
    const auto gain = columns[1], bias = columns[0];
    CHECK(sees_through([](const auto& a) { return layer_norm(a, 0.1); }, x));
    CHECK(check_gradient([](auto a, auto g, auto b) { return layer_norm(a, g, b, 0.1); }, x, gain,
                         bias)
              .passed());
    CHECK(layer_norm(x, gain, bias) == layer_norm(Tensor(x), Tensor(gain), Tensor(bias)));
  });
}

TEST_CASE("the gradients of layer norm's parameters are collected") {
  const auto x = numbers<double, 3, 4>(1);
  nn::Parameter<double, 4> gain{{1, 2, 3, 4}}, bias{{0, 0, 0, 0}};
  Tape tape;
  const auto y = layer_norm(tape.constant(x), gain, bias);
  const auto seed = y.target();
  for (std::size_t i = 0; i < 12; ++i) seed.data[i] = 1;
  tape.backward();
  const double* collected = tape.gradients().collected(bias.value.data());
  REQUIRE(collected);
  for (std::size_t j = 0; j < 4; ++j) CHECK(collected[j] == 3);
  CHECK(tape.gradients().collected(gain.value.data()));
}
