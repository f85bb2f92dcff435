#include <weft/ops/mean_squared_error.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/ops/numbers.hpp>

using namespace weft;

namespace {

template <class P, class T>
void check(const P& prediction, const T& target) {
  INFO(prediction.size() << " elements");
  double expected = 0;
  const auto p = Tensor(prediction);
  const auto t = Tensor(target);
  for (std::size_t i = 0; i < p.size(); ++i)
    expected += std::pow(p.data()[i] - t.data()[i], 2) / static_cast<double>(p.size());
  CHECK(std::abs(mean_squared_error(prediction, target).item() - expected) < 1e-14);
  const auto gradient = check_gradient(
      [](auto a, auto b) { return mean_squared_error(a, b); }, prediction, target);
  INFO(gradient.where);
  CHECK(gradient.compared == 2 * p.size());
  CHECK(gradient.passed());
}

}  // namespace

TEST_CASE("the mean squared error averages over all elements, with both gradients") {
  for (std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 33u}) {
    auto p = numbers<double, dynamic>(1, n), t = numbers<double, dynamic>(2, n);
    check(p.view(), t.view());
  }
  for (std::size_t n : {1u, 2u, 5u}) {
    auto p = numbers<double, dynamic, 3, 7>(3, n), t = numbers<double, dynamic, 3, 7>(4, n);
    check(p.view(), t.view());
  }
  auto p = numbers<double, 6, 5>(5);
  auto q = numbers<double, 5, 6>(6);
  auto scalar = numbers<double>(7), other = numbers<double>(8);
  check(p.view(), q.view().permute<1, 0>());
  check(p.view().slice<1, 1, 3>(), q.view().permute<1, 0>().slice<1, 2, 3>());
  check(p.view().rows(1, 3), q.view().permute<1, 0>().rows(2, 3));
  check(p.view().rows(0, 6), p.view());
  check(scalar.view(), other.view());
}

TEST_CASE("a target that is a tensor is a constant") {
  Tape tape;
  const auto prediction = tape.variable(Tensor<float, 2>{1, 5});
  const Tensor<float, 2> target{0, 2};
  const auto loss = mean_squared_error(prediction, target);
  CHECK(loss.item() == 5);  // (1 + 9) / 2
  tape.backward(loss);
  CHECK(prediction.gradient()(0) == 1);
  CHECK(prediction.gradient()(1) == 3);
}

TEST_CASE("the mean squared error of nothing, or of extents that differ, is refused") {
  using Rows = Tensor<float, dynamic, 3>;
  CHECK_THROWS_AS(mean_squared_error(Rows(), Rows()), Error);
  CHECK_THROWS_AS(mean_squared_error(Rows(2), Rows(3)), Error);
}
