#include <weft/ops/dropout.hpp>

#include <weft/autograd/gradient_check.hpp>
#include <weft/nn/parameter.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>

#include <tests/ops/numbers.hpp>

using namespace weft;

namespace {

constexpr std::size_t many = 100'000;

Tensor<float, dynamic> ones(std::size_t count = many) {
  Tensor<float, dynamic> x(count);
  x.fill(1);
  return x;
}

template <class Y>
std::size_t zeros(const Y& y) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < y.size(); ++i) count += y.data()[i] == 0;
  return count;
}

template <class X>
void check(const X& x, double rate) {
  const auto gradient = check_gradient(
      [&](auto a) {
        Random random(17);  // the same elements are dropped at every call
        return dropout(a, rate, random);
      },
      x);
  INFO(x.size() << " elements, rate " << rate << ", " << gradient.where);
  CHECK(gradient.passed());
}

}  // namespace

TEST_CASE("dropout zeroes the share of its rate and scales up the rest") {
  for (double rate : {0.1, 0.5, 0.9}) {
    Random random(3);
    const auto y = dropout(ones(), rate, random);
    const double share = static_cast<double>(zeros(y)) / many;
    const double deviation = std::sqrt(rate * (1 - rate) / many);
    CHECK(std::abs(share - rate) < 4 * deviation);
    const auto kept = static_cast<float>(1 / (1 - rate));
    CHECK(std::all_of(y.begin(), y.end(), [&](float e) { return e == 0 || e == kept; }));
  }
}

TEST_CASE("the gradient of dropout goes through the elements that were kept") {
  for (std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 33u})
    check(numbers<double, dynamic>(1, n), 0.3);
  for (std::size_t n : {1u, 2u, 5u}) check(numbers<double, dynamic, 3, 7>(2, n), 0.6);
  auto matrix = numbers<double, 9, 6>(3);
  check(matrix, 0.5);
  check(matrix, 0.0);
  check(matrix.view().permute<1, 0>(), 0.5);
  check(matrix.view().slice<1, 1, 3>(), 0.5);
  check(matrix.view().rows(2, 5), 0.5);
  check(numbers<double>(4), 0.1);
}

TEST_CASE("on a tape in training dropout draws from the random numbers of the tape") {
  Tape tape;
  const auto run = [&](std::uint64_t seed) {
    tape.reset();
    tape.random = Random(seed);
    const auto x = tape.variable(ones(1000));
    return std::pair{Tensor(dropout(x, 0.5).value()), Tensor(dropout(x, 0.5).value())};
  };
  const auto [first, second] = run(1);
  CHECK(std::abs(static_cast<double>(zeros(first)) - 500) < 80);
  CHECK_FALSE(first == second);
  CHECK(run(1) == std::pair{first, second});
  CHECK_FALSE(run(2).first == first);
}

TEST_CASE("in evaluation, at rate zero and without a tape dropout gives its input back") {
  Tape tape;
  const auto x = tape.variable(numbers<float, 4, 5>(1));
  tape.mode = Mode::evaluate;
  CHECK(dropout(x, 0.5).data() == x.data());
  CHECK(dropout(x, 0.5).slot() == x.slot());
  tape.mode = Mode::train;
  CHECK(dropout(x, 0.0).data() == x.data());

  auto tensor = numbers<float, 4, 5>(2);
  CHECK(dropout(tensor, 0.5) == tensor);
  CHECK(dropout(tensor.view(), 0.5) == tensor);
  CHECK(dropout(nn::Parameter<float, 4, 5>{tensor}, 0.5) == tensor);
  const float* data = tensor.data();
  CHECK(dropout(std::move(tensor), 0.5).data() == data);
}

TEST_CASE("dropout of a constant is not recorded") {
  Tape tape;
  const auto y = dropout(tape.constant(ones(100)), 0.5);
  CHECK(zeros(y) > 20);
  CHECK_FALSE(y.is_differentiated());
  CHECK(tape.size() == 0);
}

TEST_CASE("dropout refuses rates below 0 and from 1 on") {
  const auto x = numbers<float, 3>(1);
  Random random(1);
  for (double rate : {-0.1, 1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(dropout(x, rate), Error);
    CHECK_THROWS_AS(dropout(x, rate, random), Error);
  }
}
