#pragma once

#include <weft/kernels/activation.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Gelu {
  static constexpr const char* name = "gelu";

  void forward(Memory&, auto y, auto x) const { kernels::gelu(x.size(), x.data(), y.data()); }
  // dx = (Phi(x) + x phi(x)) dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::gelu_backward(x.size(), x.data(), y.gradient_data(), dx.data, dx.write);
  }
};

struct GeluTanh {
  static constexpr const char* name = "gelu_tanh";

  void forward(Memory&, auto y, auto x) const { kernels::gelu_tanh(x.size(), x.data(), y.data()); }
  // dx = (s + x s (1 - s) 2 u'(x)) dy with s = sigmoid(2 u)
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::gelu_tanh_backward(x.size(), x.data(), y.gradient_data(), dx.data, dx.write);
  }
};

}  // namespace detail

// y = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, the exact form.
// Hendrycks and Gimpel 2016, "Gaussian error linear units".
template <Operand X>
auto gelu(const X& x) {
  return detail::apply_elementwise(detail::Gelu{}, x);
}

// y = x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), within 5e-4 of the exact form.
template <Operand X>
auto gelu_tanh(const X& x) {
  return detail::apply_elementwise(detail::GeluTanh{}, x);
}

}  // namespace weft
