#pragma once

#include <tests/ops/elementwise.hpp>

// What every element-wise function of two operands is asked, at 30 pairs of shapes.

// Values against reference(a, b) and the gradients of both operands against differences, where b
// repeats along the leading axes of a. Result is the shape the result should have.
template <class Result, class Function, class A, class B>
void check_pair(Function function, double (*reference)(double, double), const A& a, const B& b) {
  const auto y = function(a, b);
  static_assert(std::is_same_v<decltype(y), const weft::tensor_of<double, Result>>);
  const auto left = copy_of(a);
  const auto right = copy_of(b);
  INFO("shapes " << weft::to_string(weft::shape_of<A>{}, a.leading()) << " and "
                 << weft::to_string(weft::shape_of<B>{}, b.leading()));
  REQUIRE(y.extents() == left.extents());
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double expected = reference(left.data()[i], right.data()[i % right.size()]);
    worst = std::max(worst, std::abs(y.data()[i] - expected));
  }
  CHECK(worst < 1e-15);
  const weft::GradientCheck gradient = weft::check_gradient(function, a, b);
  INFO(gradient.where);
  CHECK(gradient.compared == a.size() + b.size());
  CHECK(gradient.passed());
}

template <class Function>
void check_broadcasting(Function function, double (*reference)(double, double)) {
  using weft::dynamic;
  using weft::Shape;
  const auto check = [&]<class Result>(Result, const auto& a, const auto& b) {
    check_pair<Result>(function, reference, a, b);
  };
  // The same shape.
  for (std::size_t n : {1u, 2u, 3u, 4u, 5u, 8u, 15u, 17u, 33u})
    check(Shape<dynamic>{}, numbers<double, dynamic>(1, n), numbers<double, dynamic>(2, n));
  check(Shape<4, 3>{}, numbers<double, 4, 3>(3), numbers<double, 4, 3>(4));
  // A dynamic extent against a static one gives a static one.
  check(Shape<4, 3>{}, numbers<double, dynamic, 3>(5, 4), numbers<double, 4, 3>(6));
  check(Shape<4, 3>{}, numbers<double, 4, 3>(7), numbers<double, dynamic, 3>(8, 4));
  // (batch, position, feature) and (feature), (position, feature).
  for (std::size_t n : {1u, 2u, 5u}) {
    check(Shape<dynamic, 4, 3>{}, numbers<double, dynamic, 4, 3>(9, n), numbers<double, 3>(10));
    check(Shape<dynamic, 4, 3>{}, numbers<double, dynamic, 4, 3>(11, n),
          numbers<double, 4, 3>(12));
  }
  check(Shape<2, 4, 3>{}, numbers<double, 2, 4, 3>(13), numbers<double, dynamic, 3>(14, 4));
  check(Shape<3, 17>{}, numbers<double, 3, 17>(15), numbers<double, dynamic>(16, 17));
  // A last axis of one element.
  check(Shape<dynamic, 1>{}, numbers<double, dynamic, 1>(17, 19), numbers<double, 1>(18));
  // A scalar.
  for (std::size_t n : {1u, 3u, 7u, 8u})
    check(Shape<dynamic, 3>{}, numbers<double, dynamic, 3>(19, n), numbers<double>(20));
  check(Shape<>{}, numbers<double>(21), numbers<double>(22));
  // Views with gaps.
  auto a = numbers<double, 9, 6>(23);
  auto b = numbers<double, 9, 2>(24);
  const auto column = b.view().template permute<1, 0>()[1];
  check(Shape<6, 9>{}, a.view().template permute<1, 0>(), column);
  check(Shape<9, 2>{}, a.view().template slice<1, 3, 2>(), b);
  for (std::size_t n : {2u, 4u})
    check(Shape<dynamic, 6>{}, a.view().rows(3, n), column.template slice<0, 2, 6>());

  // No elements at all.
  CHECK(function(weft::Tensor<double, dynamic, 3>(), numbers<double, 3>(25)).size() == 0);
  weft::Tape tape;
  const auto nothing = tape.variable(weft::Tensor<double, dynamic, 3>());
  const auto row = tape.variable(numbers<double, 3>(26));
  function(nothing, row).target();
  tape.backward();
  for (std::size_t i = 0; i < 3; ++i) CHECK(row.gradient()(i) == 0);
}

// Run-time extents that do not fit are refused, naming both shapes.
template <class Function>
void check_refusals(Function function, const std::string& name) {
  using weft::dynamic;
  const auto message = [&](const auto& a, const auto& b) -> std::string {
    try {
      function(a, b);
    } catch (const weft::Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  const std::string rule =
      "[" + name + "] the second operand must have the shape of the first, or of its last axes: ";
  CHECK(message(numbers<double, dynamic, 3>(1, 4), numbers<double, dynamic, 3>(2, 5)) ==
        rule + "(4, 3) and (5, 3)");
  CHECK(message(numbers<double, dynamic, 3>(1, 4), numbers<double, 6, 3>(2)) ==
        rule + "(4, 3) and (6, 3)");
  CHECK(message(numbers<double, 2, 4, 3>(1), numbers<double, dynamic, 3>(2, 2)) ==
        rule + "(2, 4, 3) and (2, 3)");
}
