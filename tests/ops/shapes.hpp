#pragma once

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>

#include <functional>

#include "numbers.hpp"

namespace weft_tests {

// Calls check(x) for tensors of double of 24 shapes: rank 1 to 4, ends of rows that fill no
// register, and leading extents known at run time only.
template <class Check>
void for_each_shape(Check check) {
  using weft::dynamic;
  check(numbers<double, 1>(1));
  check(numbers<double, 2>(2));
  check(numbers<double, 8>(3));
  check(numbers<double, 9>(4));
  check(numbers<double, 35>(5));
  check(numbers<double, dynamic>(6, 7));
  check(numbers<double, 1, 4>(7));
  check(numbers<double, 3, 1>(8));
  check(numbers<double, 5, 16>(9));
  check(numbers<double, 4, 17>(10));
  check(numbers<double, 2, 24>(11));
  check(numbers<double, 6, 3>(12));
  check(numbers<double, dynamic, 5>(13, 3));
  check(numbers<double, dynamic, 8>(14, 1));
  check(numbers<double, dynamic, 21>(15, 2));
  check(numbers<double, 2, 3, 4>(16));
  check(numbers<double, 3, 1, 9>(17));
  check(numbers<double, 1, 5, 18>(18));
  check(numbers<double, dynamic, 2, 7>(19, 2));
  check(numbers<double, dynamic, 4, 3>(20, 3));
  check(numbers<double, 2, 1, 3, 5>(21));
  check(numbers<double, 1, 2, 2, 11>(22));
  check(numbers<double, dynamic, 2, 3, 4>(23, 2));
  check(numbers<double, dynamic, 1, 2, 19>(24, 2));
}

// Calls check(view) for views with gaps: axes swapped, a slice of columns, some of the rows.
template <class Check>
void for_each_view(Check check) {
  using weft::dynamic;
  auto a = numbers<double, 9, 4>(31);
  check(a.view().template permute<1, 0>());
  auto b = numbers<double, 3, 20>(32);
  check(b.view().template slice<1, 2, 13>());
  auto c = numbers<double, dynamic, 3, 5>(33, 4);
  check(c.view().rows(1, 2).template permute<0, 2, 1>());
  auto d = numbers<double, 2, 3, 4, 9>(34);
  check(d.view().template slice<2, 1, 2>().template permute<0, 2, 1, 3>());
}

// A variable of any shape as a row of its elements, and back.
using Flat = weft::Variable<double, weft::dynamic>;

template <class V>
Flat flat(const V& v) {
  return Flat(v.tape(), v.data(), v.size(), v.slot());
}
template <std::size_t... Extents>
auto shaped_like(const weft::Tensor<double, Extents...>& x, const Flat& v) {
  return weft::Variable<double, Extents...>(v.tape(), v.data(), x.leading(), v.slot());
}

// Flat for each input, so that check_gradient is compiled once for all shapes.
template <class X>
using flat_for = Flat;

inline weft::Tensor<double, weft::dynamic> flattened(const auto& x) {
  weft::Tensor<double, weft::dynamic> row(x.size());
  std::copy_n(x.data(), x.size(), row.data());
  return row;
}

// check_gradient for inputs of any shape; says where it fails.
template <class Function, class... X>
void check_gradients(Function function, const X&... x) {
  const std::function<Flat(flat_for<X>...)> flat_function = [&](flat_for<X>... v) {
    return flat(function(shaped_like(x, v)...));
  };
  const weft::GradientCheck check = weft::check_gradient(flat_function, flattened(x)...);
  INFO(check.where);
  CHECK(check.passed());
}

// How much the gradient of x after two uses differs from twice the gradient after one.
template <class Function, class X>
double two_uses_error(Function function, const X& x) {
  weft::Tape tape;
  const auto gradient_after = [&](int uses) {
    tape.reset();
    const auto input = tape.variable(x);
    for (int use = 0; use < uses; ++use) {
      const auto y = function(input);
      const auto seed = y.target();
      for (std::size_t i = 0; i < y.size(); ++i) seed.data[i] = weft::detail::probe_weight(i);
    }
    tape.backward();
    return weft::Tensor(input.gradient());
  };
  auto twice = gradient_after(1);
  for (double& element : twice) element *= 2;
  return greatest_difference(twice, gradient_after(2));
}

// Whether an operation on a view with gaps gives what it gives on a copy without them, and has the
// gradient of that.
template <class Function, class V>
bool sees_through(Function function, const V& view) {
  const weft::GradientCheck check = weft::check_gradient(function, view);
  INFO(check.where);
  CHECK(check.passed());
  return function(view) == function(weft::Tensor(view));
}

}  // namespace weft_tests
