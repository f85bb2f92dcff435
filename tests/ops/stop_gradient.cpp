#include <weft/ops/stop_gradient.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/add.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/ops/multiply.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/ops/numbers.hpp>

using namespace weft;

TEST_CASE("no gradient flows through stop_gradient of a variable") {
  Tape tape;
  const auto x = tape.variable(Tensor<double>(3.0));
  const auto y = multiply(stop_gradient(x), x);  // as if it were 3 x
  CHECK(y.item() == 9);
  tape.backward(y);
  CHECK(x.gradient().item() == 3);
}

TEST_CASE("stop_gradient of a variable shares its values and is not differentiated") {
  Tape tape;
  const auto x = tape.variable(numbers<float, 4, 3>(1));
  const auto stopped = stop_gradient(x);
  CHECK(stopped.data() == x.data());
  CHECK(stopped.tape() == &tape);
  CHECK_FALSE(stopped.is_differentiated());
  const std::size_t records = tape.size();
  CHECK_FALSE(add(stopped, 1.0f).is_differentiated());
  CHECK(tape.size() == records);
}

TEST_CASE("stop_gradient keeps the gradient from a parameter, but not from its other uses") {
  Tape tape;
  const nn::Parameter<double, 2> weight{{2, 5}};
  const auto target = stop_gradient(weight) + 1.0;
  const auto loss = mean_squared_error(tape.parameter(weight), target);
  tape.backward(loss);
  const double* gradient = tape.gradients().collected(weight.value.data());
  REQUIRE(gradient);
  CHECK(gradient[0] == -1);
  CHECK(gradient[1] == -1);

  Tape other;
  const auto x = other.variable(Tensor<double, 2>{1, 1});
  const auto y = mean_squared_error(x, stop_gradient(weight));
  other.backward(y);
  CHECK(other.gradients().collected(weight.value.data()) == nullptr);
}

TEST_CASE("stop_gradient of a tensor copies nothing, and of a temporary hands it on") {
  const auto x = numbers<float, 3, 2>(1);
  CHECK(stop_gradient(x).data() == x.data());
  auto temporary = numbers<float, 3, 2>(2);
  const float* data = temporary.data();
  const Tensor<float, 3, 2> kept = stop_gradient(std::move(temporary));
  CHECK(kept.data() == data);
  const auto view = x.view();
  CHECK(stop_gradient(view).data() == x.data());
}

TEST_CASE("stop_gradient refuses a variable from before a reset") {
  Tape tape;
  const auto x = tape.variable(Tensor<float>(1.0f));
  tape.reset();
  CHECK_THROWS_AS(stop_gradient(x), Error);
}
