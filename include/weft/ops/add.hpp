#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// dx = or += dy, for a y of the size of x; the last use of dy.
template <class T>
void pass_gradient(const AnyVariable<T>& y, const AnyVariable<T>& x) {
  if (y.hands_gradient_to(x)) return;
  if (auto dx = x.target()) kernels::copy(x.size(), y.gradient_data(), dx.data, dx.write);
}

struct Add {
  static constexpr const char* name = "add";

  void forward(Memory&, auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    kernels::add(m.rows, m.columns, a.data(), b.data(), y.data());
  }
  // da = dy, db = the sum of dy over the axes that b repeats along.
  void backward(auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    const auto* dy = y.gradient_data();
    if (auto db = b.target()) kernels::sum_rows(m.rows, m.columns, {1}, dy, db.data, db.write);
    pass_gradient(y, a);
  }
};

template <class T>
struct AddNumber {
  static constexpr const char* name = "add";

  T number;

  void forward(Memory&, auto y, auto x) const {
    kernels::add_number(x.size(), number, x.data(), y.data());
  }
  // dx = dy
  void backward(auto y, auto x) const {
    pass_gradient(y, x);
  }
};

}  // namespace detail

// y = a + b, where b has the shape of a, or of its last axes and repeats along the others, or is a
// scalar: (batch, position, feature) + (feature), or + (position, feature).
// Throws Error where a dynamic extent does not fit.
template <Operand A, Operand B>
auto add(const A& a, const B& b) {
  return detail::apply_broadcast(detail::Add{}, a, b);
}

// y = x + number, which is not differentiated.
template <Operand X>
auto add(const X& x, element_of<X> number) {
  return detail::apply_elementwise(detail::AddNumber<element_of<X>>{number}, x);
}

template <Operand A, Operand B>
auto operator+(const A& a, const B& b) {
  return add(a, b);
}
template <Operand X>
auto operator+(const X& x, element_of<X> number) {
  return add(x, number);
}
template <Operand X>
auto operator+(element_of<X> number, const X& x) {
  return add(x, number);
}

}  // namespace weft
