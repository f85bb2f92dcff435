#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Log {
  static constexpr const char* name = "log";

  void forward(Memory&, auto y, auto x) const { kernels::log(x.size(), x.data(), y.data()); }
  // dx = dy / x
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::log_backward(x.size(), x.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = log x, the natural logarithm: minus infinity at zero, NaN below.
template <Operand X>
auto log(const X& x) {
  return detail::apply_elementwise(detail::Log{}, x);
}

}  // namespace weft
