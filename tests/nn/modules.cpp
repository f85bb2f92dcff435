#include <weft/autograd/gradient_check.hpp>
#include <weft/nn/attention.hpp>
#include <weft/nn/mlp.hpp>
#include <weft/nn/rms_norm.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/relu.hpp>
#include <weft/optim/adamw.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/ops/numbers.hpp>

#include <vector>

namespace {

using namespace weft;

struct Classifier {
  nn::Linear<2, 16> hidden;
  nn::Linear<16, 3> output;

  auto operator()(const auto& x) const { return output(relu(hidden(x))); }
  void visit(auto&& visitor) {
    visitor("hidden", hidden);
    visitor("output", output);
  }
};

struct Stack {
  std::vector<nn::Linear<4, 4>> layers{2};
  void visit(auto&& visitor) { visitor("layers", layers); }
};

}  // namespace

TEST_CASE("a linear map is a product and a bias, which can be left out") {
  auto linear = init<nn::Linear<5, 3, true, double>>(Random{1});
  nn::Linear<5, 3, false, double> plain;
  plain.weight.value = linear.weight.value;
  const auto x = numbers<double, 2, 7, 5>(1);
  const auto y = linear(x);
  const auto y_plain = plain(x);
  double worst = 0;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t n = 0; n < 7; ++n)
      for (std::size_t j = 0; j < 3; ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < 5; ++i) sum += x(b, n, i) * linear.weight.value(i, j);
        worst = std::max(worst, std::abs(y_plain(b, n, j) - sum));
        worst = std::max(worst, std::abs(y(b, n, j) - sum - linear.bias.value(j)));
      }
  CHECK(worst < 1e-14);
}

TEST_CASE("an RMS norm scales rows to mean square one, times its weight") {
  auto norm = init<nn::RMSNorm<5, double>>(Random{1});
  norm.weight.value(2) = 3;
  const auto x = numbers<double, 4, 5>(2);
  const auto y = norm(x);
  for (std::size_t i = 0; i < 4; ++i) {
    double squares = 1e-5 * 5;
    for (std::size_t j = 0; j < 5; ++j) squares += x(i, j) * x(i, j);
    for (std::size_t j = 0; j < 5; ++j)
      CHECK(std::abs(y(i, j) - x(i, j) / std::sqrt(squares / 5) * (j == 2 ? 3 : 1)) < 1e-14);
  }
}

TEST_CASE("attention and MLP pass the gradient on to their input") {
  const auto attention = init<nn::CausalSelfAttention<6, 2, true, double>>(Random{3});
  const auto of_attention = check_gradient([&](const auto& x) { return attention(x); },
                                           numbers<double, dynamic, 5, 6>(3, 2));
  CAPTURE(of_attention.where);
  CHECK(of_attention.passed());
  const auto mlp = init<nn::Mlp<6, 9, true, double>>(Random{3});
  const auto of_mlp =
      check_gradient([&](const auto& x) { return mlp(x); }, numbers<double, dynamic, 5, 6>(4, 2));
  CAPTURE(of_mlp.where);
  CHECK(of_mlp.passed());
}

TEST_CASE("modules of a container are named by their number") {
  Stack stack;
  std::vector<std::string> paths;
  for_each_parameter(stack, [&](const std::string& path, auto&) { paths.push_back(path); });
  CHECK(paths == std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight",
                                          "layers.1.bias"});
  initialize(stack, Random{1});
  CHECK(stack.layers[0].weight.value != stack.layers[1].weight.value);
}

TEST_CASE("a model of one's own learns which third of a circle a point lies in") {
  constexpr double third = 2 * 3.14159265358979323846 / 3;
  Tensor<float, dynamic, 2> points(300);
  Tensor<int, dynamic> thirds(300);
  for (std::size_t i = 0; i < 300; ++i) {
    const double angle = 3 * third * static_cast<double>(i) / 300;
    points(i, 0) = static_cast<float>(std::cos(angle));
    points(i, 1) = static_cast<float>(std::sin(angle));
    thirds(i) = static_cast<int>(angle / third);
  }
  auto model = init<Classifier>(Random{42});
  AdamW optimizer{model, {.learning_rate = 1e-2f}};
  Tape tape;
  float first = 0, last = 0;
  for (int step = 0; step < 300; ++step) {
    const auto loss = cross_entropy(model(tape.constant(points)), thirds);
    tape.backward(loss);
    optimizer.step(tape);
    last = loss.item();
    if (step == 0) first = last;
    tape.reset();
  }
  CHECK(first > 0.8f);
  CHECK(last < 0.1f);
}
