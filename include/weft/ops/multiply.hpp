#pragma once

#include <weft/ops/scale.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Multiply {
  static constexpr const char* name = "multiply";

  void forward(Memory&, auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    kernels::multiply(m.rows, m.columns, a.data(), b.data(), y.data());
  }
  // da = b dy, db = the sum of a dy over the axes that b repeats along.
  void backward(auto y, auto a, auto b) const {
    const BroadcastRows m(a, b);
    const auto* dy = y.gradient_data();
    if (auto da = a.target())
      kernels::multiply(m.rows, m.columns, dy, b.data(), da.data, da.write);
    if (auto db = b.target())
      kernels::sum_rows_of_products(m.rows, m.columns, a.data(), dy, db.data, db.write);
  }
};

}  // namespace detail

// y = a b, element by element, where b has the shape of a, or of its last axes and repeats along
// the others, or is a scalar. Throws Error where a dynamic extent does not fit.
template <Operand A, Operand B>
auto multiply(const A& a, const B& b) {
  return detail::apply_broadcast(detail::Multiply{}, a, b);
}

// y = number x: scale().
template <Operand X>
auto multiply(const X& x, element_of<X> number) {
  return scale(x, number);
}

template <Operand A, Operand B>
auto operator*(const A& a, const B& b) {
  return multiply(a, b);
}

}  // namespace weft
