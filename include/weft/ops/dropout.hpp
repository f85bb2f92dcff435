#pragma once

#include <weft/core/random.hpp>
#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

#include <string>
#include <utility>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T>
struct Dropout {
  static constexpr const char* name = "dropout";

  double rate;
  Random stream;
  const T* factors = nullptr;  // 0 or 1 / (1 - rate) for each element

  void forward(Memory& memory, auto y, auto x) {
    factors = draw(memory.allocate<T>(x.size()), x.size());
    kernels::multiply(1, x.size(), x.data(), factors, y.data());
  }
  // dx = factors dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::multiply(1, x.size(), y.gradient_data(), factors, dx.data, dx.write);
  }

 private:
  // Element i depends on word i of the stream alone. It is dropped where the word is below rate.
  const T* draw(T* target, std::size_t count) const {
    const T kept = static_cast<T>(1 / (1 - rate));
    const auto threshold = static_cast<std::uint32_t>(rate * 0x1p32);
    for (std::size_t i = 0; i < count; i += 4) {
      const auto words = stream.block(i / 4);
      for (std::size_t j = 0; j < 4 && i + j < count; ++j)
        target[i + j] = words[j] < threshold ? T{0} : kept;
    }
    return target;
  }
};

inline void check_dropout_rate(double rate) {
  if (!(rate >= 0 && rate < 1))
    fail("dropout", "the rate must be in [0, 1)", std::to_string(rate));
}

// The values of x: itself where it is a variable or a temporary tensor, else a copy.
template <class X>
auto unchanged(X&& x) {
  using Type = std::remove_cvref_t<X>;
  if constexpr (TapedOperand<Type>) return x;
  else if constexpr (ParameterLike<Type>) return x.value;
  else if constexpr (requires { x.strides(); }) return Tensor(x);
  else return Type(std::forward<X>(x));
}

}  // namespace detail

// y = m x / (1 - rate), where each element of m is 0 with probability rate and 1 otherwise, so that
// the mean of y is x. Draws a new m from random at every call, on any tape and without one.
// Throws Error unless 0 <= rate < 1. Srivastava et al. 2014, "Dropout", scaled in training.
template <Operand X>
auto dropout(const X& x, double rate, Random& random) {
  detail::check_dropout_rate(rate);
  const std::uint32_t first = random.bits(), second = random.bits();
  using Op = detail::Dropout<element_of<X>>;
  return detail::apply_elementwise(Op{rate, random.fork(first, second)}, x);
}

// The same as a part of a model: draws from tape.random where x is on a tape in Mode::train. In
// Mode::evaluate, and without a tape, the result has the values of x.
template <class X>
  requires Operand<X>
auto dropout(X&& x, double rate) {
  detail::check_dropout_rate(rate);
  if constexpr (TapedOperand<X>) {
    if (rate > 0 && x.tape()->mode == Mode::train) return dropout(x, rate, x.tape()->random);
  }
  return detail::unchanged(std::forward<X>(x));
}

}  // namespace weft
