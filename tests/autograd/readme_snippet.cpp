// The tape of include/weft/autograd/README.md, whose blocks are parts of this file.

#include <weft/autograd/variable.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/reshape.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <deque>
#include <functional>
#include <vector>

namespace toy {

struct Number {
  double value;
  double gradient = 0;
};

class Tape {
 public:
  Number* number(double value) {
    numbers_.push_back({value});
    return &numbers_.back();  // a deque does not move what it holds
  }

  void record(std::function<void()> backward) { records_.push_back(std::move(backward)); }

  void backward(Number* loss) {
    loss->gradient = 1;
    for (auto record = records_.rbegin(); record != records_.rend(); ++record) (*record)();
  }

 private:
  std::deque<Number> numbers_;
  std::vector<std::function<void()>> records_;
};

struct Variable {
  Tape* tape;
  Number* number;
};

Variable variable(Tape& tape, double value) { return {&tape, tape.number(value)}; }

Variable operator+(Variable a, Variable b) {
  const Variable y = variable(*a.tape, a.number->value + b.number->value);
  y.tape->record([=] {
    a.number->gradient += y.number->gradient;
    b.number->gradient += y.number->gradient;
  });
  return y;
}

Variable operator*(Variable a, Variable b) {
  const Variable y = variable(*a.tape, a.number->value * b.number->value);
  y.tape->record([=] {
    a.number->gradient += y.number->gradient * b.number->value;
    b.number->gradient += y.number->gradient * a.number->value;
  });
  return y;
}

Variable sin(Variable x) {
  const Variable y = variable(*x.tape, std::sin(x.number->value));
  y.tape->record([=] { x.number->gradient += y.number->gradient * std::cos(x.number->value); });
  return y;
}

}  // namespace toy

TEST_CASE("the toy tape of the page differentiates a b + sin(a)") {
  toy::Tape tape;
  const auto a = variable(tape, 2), b = variable(tape, 5);
  const auto y = a * b + sin(a);
  tape.backward(y.number);
  CHECK(y.number->value == 10 + std::sin(2.0));
  CHECK(a.number->gradient == 5 + std::cos(2.0));  // both uses of a
  CHECK(b.number->gradient == 2);
}

TEST_CASE("the toy tape of the page adds up what reaches one number twice") {
  toy::Tape tape;
  const auto x = variable(tape, 3);
  const auto y = x * x * x + x;
  tape.backward(y.number);
  CHECK(x.number->gradient == 28);
}

TEST_CASE("weft's tape runs the program of the page") {
  using namespace weft;
  Tape tape;
  Tensor<float, 1, 2> a{{2, 3}};
  Tensor<float, 2, 1> b{{5}, {7}};
  for (int step = 0; step < 3; ++step) {
    const auto x = tape.variable(a);
    const auto loss = reshape<>(matmul(x, tape.constant(b)));  // 2 * 5 + 3 * 7
    tape.backward(loss);
    CHECK(loss.item() == 31);
    CHECK(tape.size() == 1);
    CHECK(Tensor(x.gradient()) == Tensor<float, 1, 2>{{5, 7}});
    tape.reset();
  }
  CHECK(matmul(a, b)(0, 0) == 31);  // the same operation without a tape
}
