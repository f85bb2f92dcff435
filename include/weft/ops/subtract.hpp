#pragma once

#include <weft/ops/add.hpp>
#include <weft/ops/negate.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Subtract {
  static constexpr const char* name = "subtract";

  void forward(Memory&, auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    kernels::subtract(m.rows, m.columns, a.data(), b.data(), y.data());
  }
  // da = dy, db = minus the sum of dy over the axes that b repeats along.
  void backward(auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    const auto* dy = y.gradient_data();
    if (auto db = b.target()) kernels::sum_rows(m.rows, m.columns, {-1}, dy, db.data, db.write);
    pass_gradient(y, a);
  }
};

}  // namespace detail

// y = a - b, where b has the shape of a, or of its last axes and repeats along the others, or is a
// scalar. Throws Error where a dynamic extent does not fit.
template <Operand A, Operand B>
auto subtract(const A& a, const B& b) {
  return detail::apply_broadcast(detail::Subtract{}, a, b);
}

// y = x - number, which is not differentiated.
template <Operand X>
auto subtract(const X& x, element_of<X> number) {
  return add(x, -number);
}

template <Operand A, Operand B>
auto operator-(const A& a, const B& b) {
  return subtract(a, b);
}
template <Operand X>
auto operator-(const X& x, element_of<X> number) {
  return subtract(x, number);
}
template <Operand X>
auto operator-(element_of<X> number, const X& x) {
  return add(negate(x), number);
}

}  // namespace weft
