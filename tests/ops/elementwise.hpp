#pragma once

#include <weft/autograd/gradient_check.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/ops/operation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/ops/numbers.hpp>

// What every element-wise function of one operand is asked, at 23 shapes.

template <class T, std::size_t... Extents>
auto copy_of(const weft::Tensor<T, Extents...>& x) {
  return x;
}
template <class T, std::size_t... Extents>
auto copy_of(const weft::View<T, Extents...>& x) {
  return weft::Tensor(x);
}

// Values against reference(x), and the gradient against differences.
template <class Function, class Input>
void check_values_and_gradient(Function function, double (*reference)(double), const Input& x) {
  const auto y = function(x);
  static_assert(std::is_same_v<decltype(y), const weft::tensor_of<double, weft::shape_of<Input>>>);
  const auto elements = copy_of(x);
  INFO("shape " << weft::to_string(weft::shape_of<Input>{}, x.leading()));
  REQUIRE(y.extents() == elements.extents());
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double expected = reference(elements.data()[i]);
    worst = std::max(worst, std::abs(y.data()[i] - expected) / std::max(1.0, std::abs(expected)));
  }
  CHECK(worst < 1e-14);
  const weft::GradientCheck gradient = weft::check_gradient(function, x);
  INFO(gradient.where);
  CHECK(gradient.passed());
}

// Inputs between from and to.
template <class Function>
void check_elementwise(Function function, double (*reference)(double), double from, double to) {
  std::uint64_t key = 0;
  const auto between = [&](auto tensor) {
    for (double& element : tensor) element = from + (to - from) * (element + 1) / 2;
    return tensor;
  };
  const auto check = [&](const auto& x) {
    check_values_and_gradient(function, reference, x);
  };
  for (std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 33u})
    check(between(numbers<double, weft::dynamic>(++key, n)));
  for (std::size_t n : {1u, 2u, 5u, 6u})
    check(between(numbers<double, weft::dynamic, 3, 7>(++key, n)));
  check(between(numbers<double, 2, 13>(++key)));
  check(between(numbers<double>(++key)));
  auto matrix = between(numbers<double, 11, 6>(++key));
  check(matrix.view().template permute<1, 0>());
  check(matrix.view().template slice<1, 1, 4>());
  for (std::size_t n : {1u, 3u, 8u}) check(matrix.view().template slice<1, 2, 3>().rows(2, n));
  CHECK(function(weft::Tensor<double, weft::dynamic, 3>()).size() == 0);
}
