#pragma once

#include <weft/kernels/log_softmax.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct LogSoftmax {
  static constexpr const char* name = "log_softmax";

  void forward(Memory&, auto y, auto x) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    kernels::log_softmax_rows(x.data(), y.data(), rows, columns);
  }
  // dx = dy - exp(y) sum_k dy_k
  void backward(auto y, auto x) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    if (auto dx = x.target())
      kernels::log_softmax_rows_backward(y.data(), y.gradient_data(), dx.data, rows, columns,
                                         dx.write);
  }
};

}  // namespace detail

// y_j = x_j - log sum_k exp(x_k) over the last axis.
template <Operand X>
auto log_softmax(const X& x) {
  static_assert(shape_of<X>::rank > 0, "weft: log_softmax(x) needs an x of at least one axis");
  return apply_like(detail::LogSoftmax{}, x);
}

}  // namespace weft
