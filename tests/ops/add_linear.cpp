#include <weft/ops/add_linear.hpp>

#include <weft/nn/linear.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/ops/relu.hpp>
#include <weft/train/lanes.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// The bits are those of a sum and a product, and the gradients are right.
template <std::size_t Out, class X>
void check(const X& x) {
  const auto weight = numbers<double, X::shape_type::last, Out>(11);
  auto a = linear(x, weight);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = std::sin(static_cast<double>(i) + 0.3);
  INFO(to_string(typename X::shape_type{}, x.leading()) << " to " << Out);
  CHECK(add_linear(a, x, weight) == a + linear(x, weight));
  check_gradients([](auto b, auto y, auto w) { return add_linear(b, y, w); }, a, x, weight);
}

}  // namespace

TEST_CASE("add_linear is a sum with a linear map, to the bit") {
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
  check<3>(numbers<double, dynamic, 4>(2, 6));
  check<33>(numbers<double, dynamic, 2>(2, 3));
  check<4>(numbers<double, dynamic, 3, 5>(2, 2));
  check<2>(numbers<double, dynamic, 2, 3, 4>(2, 2));
  check<11>(numbers<double, dynamic, 18>(2, 1));
  check<5>(numbers<double, dynamic, 1, 6>(2, 4));
}

TEST_CASE("add_linear is that sum to the bit, however many features there are") {
  const auto check_bits = []<std::size_t In>(std::integral_constant<std::size_t, In>) {
    const auto x = numbers<float, 3, In>(1);
    const auto weight = numbers<float, In, 5>(2);
    const auto a = numbers<float, 3, 5>(3);
    INFO(In << " features");
    CHECK(add_linear(a, x, weight) == a + linear(x, weight));
    Tape tape;
    CHECK(Tensor(add_linear(tape.constant(a), x, weight).value()) == a + linear(x, weight));
  };
  check_bits(std::integral_constant<std::size_t, 256>{});
  check_bits(std::integral_constant<std::size_t, 257>{});
  check_bits(std::integral_constant<std::size_t, 520>{});
}

TEST_CASE("add_linear takes views with gaps for every input") {
  auto a = numbers<double, 6, 5>(2);
  auto x = numbers<double, 7, 9>(3);
  auto weight = numbers<double, 6, 7>(4);
  const auto swapped = a.view().permute<1, 0>();                // (5, 6)
  const auto gaps = x.view().permute<1, 0>().slice<0, 2, 5>();  // (5, 7)
  const auto turned = weight.view().permute<1, 0>();            // (7, 6)
  CHECK(add_linear(swapped, gaps, turned) ==
        add_linear(Tensor(swapped), Tensor(gaps), Tensor(turned)));
  const auto gradient = check_gradient(
      [](auto b, auto y, auto w) { return add_linear(b, y, w); }, swapped, gaps, turned);
  INFO(gradient.where);
  CHECK(gradient.passed());
}

TEST_CASE("a residual stream that is also the input of its layer collects both gradients") {
  const auto function = [](auto x, auto weight) {
    const auto y = add_linear(x, x, weight);
    return add_linear(y, y, weight);
  };
  for (const std::size_t rows : {1u, 2u, 9u})
    CHECK(check_gradient(function, numbers<double, dynamic, 19>(1, rows),
                         numbers<double, 19, 19>(2))
              .passed());
}

TEST_CASE("with weights packed for a step, add_linear and linear with a bias keep their bits") {
  const auto x = numbers<float, dynamic, 40>(1, 9), target = numbers<float, dynamic, 40>(2, 9);
  const auto model = init<nn::Linear<40, 40>>(Random(3));
  const auto loss_of = [&](auto on) {  // Linear's bias too
    const auto h = model(on);
    return mean_squared_error(add_linear(h, relu(h), model.weight), target);
  };
  Tape tape;
  const auto plain = loss_of(tape.constant(x));
  tape.backward(plain);
  Lanes lanes{model, {.lanes = 1, .microbatch = 9}};
  const auto packed = lanes.step(9, [&](Tape& of_lane, std::size_t begin, std::size_t count) {
    return loss_of(of_lane.constant(x.view().rows(begin, count)));
  });
  CHECK(packed.loss == plain.item());
  for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    INFO(path);
    const float* expected = tape.gradients().collected(parameter.value.data());
    const float* found = lanes.gradients().collected(parameter.value.data());
    REQUIRE(expected != nullptr);
    REQUIRE(found != nullptr);
    CHECK(std::equal(expected, expected + parameter.value.size(), found));
  });
}

TEST_CASE("add_linear refuses another number of rows, with both numbers") {
  const auto weight = numbers<float, 4, 3>(1);
  try {
    add_linear(numbers<float, dynamic, 3>(1, 2), numbers<float, dynamic, 4>(1, 5), weight);
    FAIL("nothing thrown");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "[add_linear] a must have the leading extent of x: 2 and 5");
  }
}
