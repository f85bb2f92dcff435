#include <weft/ops/add.hpp>

#include <tests/ops/broadcast.hpp>
#include <tests/ops/elementwise.hpp>

using namespace weft;

TEST_CASE("add gives the sum of elements, repeating its second operand") {
  check_broadcasting([](const auto& a, const auto& b) { return add(a, b); },
                     [](double a, double b) { return a + b; });
}

TEST_CASE("add refuses extents that do not fit") {
  check_refusals([](const auto& a, const auto& b) { return add(a, b); }, "add");
}

TEST_CASE("a plus sign adds tensors, scalars and numbers") {
  const Tensor<float, 2> x{1, -3}, y{10, 20};
  CHECK(x + y == Tensor<float, 2>{11, 17});
  CHECK(x + Tensor<float>(0.5f) == Tensor<float, 2>{1.5, -2.5});
  CHECK(x + 2.0f == Tensor<float, 2>{3, -1});
  CHECK(2 + x == Tensor<float, 2>{3, -1});
}

TEST_CASE("a number is added to every element, on either side") {
  check_elementwise([](const auto& x) { return 2.0 + x + 0.5; },
                    [](double x) { return 2 + x + 0.5; }, -2, 2);
}

TEST_CASE("a bias that is a parameter gets the sum of the gradients of all rows") {
  Tape tape;
  nn::Parameter<float, 2> bias{{1, 2}};
  const auto x = tape.constant(Tensor<float, 3, 2>{{1, 2}, {3, 4}, {5, 6}});
  const auto y = x + bias;
  const auto dy = y.target();
  for (std::size_t i = 0; i < 6; ++i) dy.data[i] = static_cast<float>(i);
  tape.backward();
  const float* gradient = tape.gradients().collected(bias.value.data());
  REQUIRE(gradient);
  CHECK(gradient[0] == 0 + 2 + 4);
  CHECK(gradient[1] == 1 + 3 + 5);
}
