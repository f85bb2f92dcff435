#pragma once

#include <weft/autograd/variable.hpp>

#include <cmath>
#include <string>
#include <tuple>

namespace weft::inline WEFT_TARGET {

// The worst disagreement found by check_gradient().
struct GradientCheck {
  double error = 0;  // |analytic - numeric| / max(1, |analytic|, |numeric|)
  std::string where = "nothing was compared";
  std::size_t compared = 0;  // elements compared

  bool passed(double tolerance = 1e-6) const { return compared > 0 && error <= tolerance; }
};

namespace detail {

// Weights that make a scalar of any result, so that no two elements can hide behind each other.
inline double probe_weight(std::size_t index) {
  return 0.5 + 0.25 * static_cast<double>(index * 7 % 11) - static_cast<double>(index % 3);
}

// The element of a tensor or view at a row-major position.
template <class X>
double& element(X& x, std::size_t position) {
  if constexpr (requires { x.strides(); }) {
    std::size_t offset = 0;
    for (std::size_t axis = X::rank; axis-- > 0;) {
      offset += position % x.extent(axis) * x.strides()[axis];
      position /= x.extent(axis);
    }
    return x.data()[offset];
  } else {
    return x.data()[position];
  }
}

// What backward() collected for a leaf; zeros where nothing reached it.
template <class X>
auto collected_gradient(const X& x) {
  if (x.slot()->written) return Tensor(x.gradient());
  auto zeros = Tensor(x.value());
  zeros.fill(0);
  return zeros;
}

// The gradients of sum_i probe_weight(i) y_i by the backward pass.
template <class Function, class... X>
auto analytic_gradients(Tape& tape, Function& function, const X&... x) {
  const auto y = function(x...);
  if (!y.is_differentiated()) fail("check_gradient", "the result depends on no input");
  const auto seed = y.target();
  for (std::size_t i = 0; i < y.size(); ++i) seed.data[i] = probe_weight(i);
  tape.backward();
  return std::tuple{collected_gradient(x)...};
}

}  // namespace detail

// Compares the gradients a function's backward pass gives with central differences, in double.
//
//   check_gradient([](auto a, auto b) { return matmul(a, b); }, a, b)
//
// function takes a variable for each input and returns a variable of any shape; each input is a
// tensor or a view of double, every element of which is moved by +-1e-5. Throws Error where the
// result depends on no input.
template <class Function, class... Inputs>
GradientCheck check_gradient(Function function, Inputs... inputs) {
  constexpr double step = 1e-5;
  Tape tape;
  const auto gradients = detail::analytic_gradients(tape, function, tape.variable(inputs)...);
  const auto value = [&] {
    tape.reset();
    const auto y = function(tape.variable(inputs)...);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += detail::probe_weight(i) * y.data()[i];
    return sum;
  };
  GradientCheck worst;
  const auto compare = [&](const std::string& input_name, auto& input, const auto& gradient) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      double& element = detail::element(input, i);
      const double kept = element;
      element = kept + step;
      const double above = value();
      element = kept - step;
      const double below = value();
      element = kept;
      const double numeric = (above - below) / (2 * step);
      const double exact = gradient.data()[i];
      const double scale = std::max({1.0, std::abs(exact), std::abs(numeric)});
      const double error = std::abs(exact - numeric) / scale;
      // A NaN is the worst there is, and stays.
      const bool is_worse = error > worst.error || std::isnan(error);
      if (worst.compared++ > 0 && (!is_worse || std::isnan(worst.error))) continue;
      worst.error = error;
      worst.where = input_name + ", element " + std::to_string(i) + ": backward " +
                    std::to_string(exact) + ", numeric " + std::to_string(numeric);
    }
  };
  std::size_t which = 0;
  std::apply(
      [&](const auto&... gradient) {
        (compare("input " + std::to_string(which++), inputs, gradient), ...);
      },
      gradients);
  return worst;
}

}  // namespace weft
