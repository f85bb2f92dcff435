#pragma once

#include <weft/kernels/softmax.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Softmax {
  static constexpr const char* name = "softmax";

  void forward(Memory&, auto y, auto x) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    kernels::softmax_rows(x.data(), y.data(), rows, columns, kernels::Mask::none, columns);
  }
  // dx = y (dy - sum_k y_k dy_k)
  void backward(auto y, auto x) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    if (auto dx = x.target())
      kernels::softmax_rows_backward(y.data(), y.gradient_data(), dx.data, rows, columns,
                                     kernels::Mask::none, columns, dx.write);
  }
};

}  // namespace detail

// y_j = exp(x_j) / sum_k exp(x_k) over the last axis.
template <Operand X>
auto softmax(const X& x) {
  static_assert(shape_of<X>::rank > 0, "weft: softmax(x) needs an x of at least one axis");
  return apply_like(detail::Softmax{}, x);
}

}  // namespace weft
