#include <weft/autograd/tape.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/add.hpp>
#include <weft/ops/dropout.hpp>
#include <weft/ops/exp.hpp>
#include <weft/ops/gelu.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/ops/multiply.hpp>
#include <weft/ops/square.hpp>
#include <weft/ops/stop_gradient.hpp>
#include <weft/ops/subtract.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/ops/numbers.hpp>
#include <tests/train/count_allocations.hpp>

using namespace weft;

namespace {

using Scalar = Tensor<double>;

// What an Error says when function() throws one.
template <class Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("contributions from several uses of a variable add up") {
  Tape tape;
  const auto x = tape.variable(Scalar(3.0));
  const auto y = x * x + x * 5.0 - (x + x);  // 2 x + 5 - 2
  tape.backward(y);
  CHECK(x.gradient().item() == 9);
}

TEST_CASE("a variable used through many paths gets the sum over all of them") {
  Tape tape;
  const auto x = tape.variable(Scalar(1.0));
  auto y = x + 0.0;
  for (int i = 0; i < 40; ++i) y = (y + y) * 0.5;  // 2^40 paths, each of weight 2^-40
  tape.backward(y);
  CHECK(x.gradient().item() == 1);
}

TEST_CASE("a long chain goes back without recursion") {
  Tape tape;
  const auto x = tape.variable(Scalar(0.0));
  auto y = x + 0.0;
  for (int i = 0; i < 200'000; ++i) y = y + 1.0;
  CHECK(y.item() == 200'000);
  CHECK(tape.size() == 200'001);
  tape.backward(y);
  CHECK(x.gradient().item() == 1);
}

TEST_CASE("gradients of several losses on one tape add up, also where the losses share results") {
  for (const bool recycles : {false, true}) {
    INFO(recycles);
    Tape tape;
    tape.recycles_gradients = recycles;
    const nn::Parameter<double> weight{3.0};
    const auto x = tape.variable(Scalar(2.0));
    const auto shared = tape.parameter(weight) * x;
    const auto first = shared + 1.0, second = square(shared);
    const auto gradient_of_weight = [&] { return *tape.gradients().collected(weight.value.data()); };
    tape.backward(first);
    CHECK(x.gradient().item() == 3);
    CHECK(gradient_of_weight() == 2);
    tape.backward(second);  // 2 * 6 * 3 more, and 2 * 6 * 2
    CHECK(x.gradient().item() == 39);
    CHECK(gradient_of_weight() == 26);
    tape.backward(second);
    CHECK(x.gradient().item() == 75);
    if (!recycles) CHECK(shared.gradient().item() == 12);
    tape.backward(x, 0.5);
    CHECK(x.gradient().item() == 75.5);
  }
}

TEST_CASE("backward scales all gradients by the number it is given") {
  Tape tape;
  const auto x = tape.variable(Scalar(2.0));
  tape.backward(square(x), 0.25);
  CHECK(x.gradient().item() == 1);
}

TEST_CASE("recycled gradients give the same bits in less memory and cannot be read") {
  Random random(3);
  Tensor<float, 30, 30> start;
  random.normal(start, 0, 1);
  std::vector<float> gradients[2];
  std::size_t used[2];
  for (const bool recycles : {false, true}) {
    Tape tape;
    tape.arena().allocate<std::byte>(std::size_t{1} << 20);
    tape.reset();
    tape.recycles_gradients = recycles;
    const auto x = tape.variable(start);
    auto y = x * 0.5;
    for (int i = 0; i < 6; ++i) y = gelu(y) + x;
    const auto loss = mean_squared_error(matmul(y, x), tape.constant(start));
    tape.backward(loss);
    gradients[recycles].assign(x.gradient().data(), x.gradient().data() + start.size());
    used[recycles] = tape.arena().mark().used;
    if (recycles) CHECK_THROWS_AS(y.gradient(), Error);
    else CHECK_NOTHROW(y.gradient());
  }
  CHECK(gradients[0] == gradients[1]);
  CHECK(used[1] + 10 * sizeof(start(0, 0)) * start.size() < used[0]);
}

TEST_CASE("a gradient that is passed on unchanged keeps its memory where that is recycled") {
  for (const bool recycles : {false, true}) {
    INFO(recycles);
    Tape tape;
    tape.recycles_gradients = recycles;
    const auto x = tape.variable(Tensor<double, 3>{1, 2, 3});
    const auto factors = tape.variable(Tensor<double, 3>{4, 5, 6});
    const auto stream = x * 2.0;                       // used three times
    const auto y = (stream + stream * factors) + 1.0;  // (2 + 2 f) x + 1
    const auto loss = mean_squared_error(y - stream, tape.constant(Tensor<double, 3>{}));
    tape.backward(loss);
    const double residual[] = {9, 21, 37};  // 2 f x + 1
    for (std::size_t i = 0; i < 3; ++i) {
      const double dy = 2 * residual[i] / 3, f = static_cast<double>(4 + i);
      CHECK(std::abs(x.gradient()(i) - dy * 2 * f) < 1e-12);
      CHECK(std::abs(factors.gradient()(i) - dy * 2 * static_cast<double>(1 + i)) < 1e-12);
    }
    CHECK((y.slot()->data == nullptr) == recycles);
  }
}

TEST_CASE("recycling the gradient of a value without elements writes nowhere") {
  Tape tape;
  tape.recycles_gradients = true;
  GradientSlot slot{tape.gradient_memory(0), true};
  auto* next = tape.arena().allocate<std::size_t>(2);
  next[0] = 1;
  next[1] = 2;
  tape.release_gradient(slot, 0);
  CHECK(next[0] == 1);
  CHECK(next[1] == 2);
}

TEST_CASE("results that the loss does not depend on take no part in the backward pass") {
  Tape tape;
  const auto x = tape.variable(Scalar(2.0));
  const auto aside = tape.variable(Scalar(4.0));
  const auto unused = exp(x) * aside;
  tape.backward(square(x));
  CHECK(x.gradient().item() == 4);
  CHECK_FALSE(unused.slot()->written);
  CHECK(error_of([&] { aside.gradient(); }) ==
        "[gradient] no gradient has reached this variable");
}

TEST_CASE("only operations on something differentiated are recorded") {
  Tape tape;
  const Tensor<double, 2> values{1, 2};
  const auto constant = tape.constant(values);
  const auto y = exp(constant) * constant + 1.0;
  CHECK(tape.size() == 0);
  CHECK_FALSE(y.is_differentiated());
  const auto x = tape.variable(values);
  CHECK(tape.size() == 0);
  const auto z = x * constant;
  CHECK(tape.size() == 1);
  CHECK(z.is_differentiated());
  const auto stopped = stop_gradient(z) * constant;
  CHECK(tape.size() == 1);
  CHECK_FALSE(stopped.is_differentiated());
  CHECK(error_of([&] { constant.gradient(); }) == "[gradient] a constant has no gradient");
}

TEST_CASE("a constant is looked at where it is, unless it is a temporary or has gaps") {
  Tape tape;
  auto tensor = numbers<float, 4, 6>(1);
  CHECK(tape.constant(tensor).data() == tensor.data());
  CHECK(tape.constant(tensor.view()).data() == tensor.data());
  const auto gaps = tensor.view().slice<1, 1, 2>();
  const auto copied = tape.constant(gaps);
  CHECK(Tensor(copied.value()) == Tensor(gaps));
  const auto kept = tape.constant(Tensor<float, 4, 6>(tensor));
  tensor.fill(0);
  CHECK(kept.value()(1, 1) != 0);
  CHECK(copied.value()(1, 1) != 0);
}

TEST_CASE("a temporary tensor may be an operand: the tape keeps what it needs of it") {
  Tape tape;
  const auto x = tape.variable(Tensor<double, 3>{1, 2, 3});
  const auto y = x * (Tensor<double, 3>{4, 5, 6} + 0.0);
  const Tensor<double, 3> elsewhere{-1, -1, -1};  // may get the memory of the temporary
  tape.backward(mean_squared_error(y, elsewhere));
  for (std::size_t i = 0; i < 3; ++i) {
    const double factor = 4.0 + static_cast<double>(i), value = 1.0 + static_cast<double>(i);
    CHECK(std::abs(x.gradient()(i) - 2 * (factor * value + 1) * factor / 3) < 1e-12);
  }
}

TEST_CASE("a variable from before a reset is refused") {
  Tape tape;
  const auto x = tape.variable(Scalar(1.0));
  const auto y = square(x);
  CHECK_FALSE(x.is_stale());
  tape.reset();
  CHECK(x.is_stale());
  CHECK(error_of([&] { square(x); }) ==
        "[square] an operand is from before the last reset of its tape");
  CHECK_THROWS_AS(tape.backward(y), Error);
  const auto fresh = tape.variable(Scalar(1.0));
  CHECK_THROWS_AS(fresh + x, Error);
}

TEST_CASE("operands on two tapes are refused") {
  Tape one, two;
  const auto x = one.variable(Scalar(1.0));
  const auto y = two.variable(Scalar(2.0));
  CHECK(error_of([&] { x + y; }) == "[add] operands must be on the same tape");
  CHECK(error_of([&] { x * two.constant(Scalar(2.0)); }) ==
        "[multiply] operands must be on the same tape");
  CHECK_THROWS_AS(two.backward(square(x)), Error);
}

TEST_CASE("backward of something that depends on nothing differentiated is refused") {
  Tape tape;
  const auto constant = tape.constant(Scalar(1.0));
  CHECK(error_of([&] { tape.backward(constant); }) ==
        "[backward] the loss depends on no parameter and no variable");
  CHECK_THROWS_AS(tape.backward(stop_gradient(tape.variable(Scalar(1.0)))), Error);
}

TEST_CASE("the gradient of a parameter outlives reset and adds up until it is cleared") {
  Tape tape;
  const nn::Parameter<double, 2> weight{{3, 4}};
  const Tensor<double, 2> zero;
  const auto step = [&] {
    tape.backward(mean_squared_error(tape.parameter(weight), zero));  // gradient: weight
    tape.reset();
  };
  const auto gradient = [&] { return tape.gradients().collected(weight.value.data()); };
  CHECK(gradient() == nullptr);
  step();
  REQUIRE(gradient());
  CHECK(gradient()[0] == 3);
  CHECK(gradient()[1] == 4);
  step();
  CHECK(gradient()[0] == 6);
  CHECK(gradient()[1] == 8);
  tape.gradients().clear();
  CHECK(gradient() == nullptr);
  step();
  CHECK(gradient()[0] == 3);
}

TEST_CASE("a parameter used twice in a model gets both contributions") {
  Tape tape;
  const nn::Parameter<double> weight{3.0};
  const auto x = tape.constant(Scalar(2.0));
  tape.backward(x * weight * weight);
  CHECK(*tape.gradients().collected(weight.value.data()) == 12);
}

TEST_CASE("a frozen parameter takes part in the forward pass only, until it is thawed") {
  Tape tape;
  const nn::Parameter<double> frozen{3.0}, free{5.0};
  tape.gradients().freeze(frozen.value.data());
  const auto collect = [&] {
    const auto y = tape.constant(Scalar(2.0)) * frozen * free;
    CHECK(y.item() == 30);
    tape.backward(y);
    const std::size_t records = tape.size();
    tape.reset();
    return records;
  };
  CHECK(collect() == 1);  // the product with the frozen one alone is not recorded
  CHECK(tape.gradients().collected(frozen.value.data()) == nullptr);
  CHECK(*tape.gradients().collected(free.value.data()) == 6);
  tape.gradients().freeze(frozen.value.data(), false);
  tape.gradients().clear();
  CHECK(collect() == 2);
  CHECK(*tape.gradients().collected(frozen.value.data()) == 10);
}

TEST_CASE("without a tape the same function gives tensors of the same values") {
  const auto model = [](const auto& x, const auto& weight) {
    return gelu(matmul(x, weight)) * 2.0f - 1.0f;
  };
  const auto x = numbers<float, 5, 7>(1);
  const auto weight = numbers<float, 7, 3>(2);
  const Tensor<float, 5, 3> plain = model(x, weight);
  Tape tape;
  const auto taped = model(tape.variable(x), tape.variable(weight));
  CHECK(Tensor(taped.value()) == plain);
}

TEST_CASE("reset keeps the memory, and from the second step on nothing is allocated") {
  Tape tape;
  const nn::Parameter<float, 7, 33> in{numbers<float, 7, 33>(1)};
  const nn::Parameter<float, 33> bias{numbers<float, 33>(2)};
  const nn::Parameter<float, 33, 5> out{numbers<float, 33, 5>(3)};
  auto wide = numbers<float, 16, 9>(4);
  const auto target = numbers<float, 16, 5>(5);
  float first_loss = 0, loss = 0;
  std::size_t capacity = 0;
  const auto step = [&] {
    tape.random = Random(1);
    // A view with gaps, broadcasting, several uses, memory for the backward pass, a temporary.
    const auto x = tape.constant(wide.view().slice<1, 1, 7>());
    const auto hidden = dropout(gelu(matmul(x, in) + bias), 0.1);
    const auto y = matmul(hidden * hidden + hidden, out);
    const auto error = mean_squared_error(y, target);
    tape.backward(error);
    loss = error.item();
    tape.gradients().clear();
    tape.reset();
  };
  step();
  first_loss = loss;
  capacity = tape.arena().capacity();
  CHECK(count_allocations([&] {
          for (int i = 0; i < 5; ++i) step();
        }) == 0);
  CHECK(loss == first_loss);
  CHECK(tape.arena().capacity() == capacity);
  CHECK(capacity > 0);
}

TEST_CASE("the memory of a large step becomes one piece at its reset") {
  Tape tape;
  const auto grow = [&] {
    auto y = tape.variable(Tensor<float, dynamic>(50'000)) + 1.0f;
    for (int i = 0; i < 10; ++i) y = square(y);
    tape.reset();
  };
  CHECK(count_allocations(grow) > 1);
  // The input of each step is one allocation of the test itself.
  CHECK(count_allocations(grow) == 1);
  CHECK(count_allocations(grow) == 1);
}
