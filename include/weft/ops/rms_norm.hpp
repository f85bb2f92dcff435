#pragma once

#include <weft/kernels/rms_norm.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T>
struct RmsNorm {
  static constexpr const char* name = "rms_norm";
  T epsilon;
  T* reciprocal = nullptr;  // 1 / sqrt(mean(x^2) + epsilon) of each row

  void forward(Memory& memory, auto y, auto x) { normalize(memory, y, x, nullptr); }
  void forward(Memory& memory, auto y, auto x, auto gain) { normalize(memory, y, x, gain.data()); }

  void backward(auto y, auto x) const { differentiate(y, x, nullptr, nullptr); }
  void backward(auto y, auto x, auto gain) const {
    differentiate(y, x, gain.data(), gain.target_of_zeros().data);
  }

 private:
  void normalize(Memory& memory, auto y, auto x, const T* gain) {
    const auto [rows, columns, one] = rows_of(x.shape());
    reciprocal = memory.allocate<T>(rows);
    kernels::rms_norm(x.data(), rows, columns, gain, epsilon, y.data(), reciprocal);
  }

  void differentiate(auto y, auto x, const T* gain, T* dgain) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    const auto dx = x.target();
    kernels::rms_norm_backward(y.gradient_data(), x.data(), reciprocal, gain, rows, columns,
                               dx.data, dx.write, dgain);
  }
};

}  // namespace detail

// y = x / sqrt(mean(x^2) + epsilon) over the last axis. Zhang and Sennrich 2019, section 4.
template <Operand X>
auto rms_norm(const X& x, double epsilon = 1e-5) {
  using T = element_of<X>;
  static_assert(shape_of<X>::rank > 0, "weft: rms_norm(x) needs an x of at least one axis");
  return apply_like(detail::RmsNorm<T>{static_cast<T>(epsilon)}, x);
}

// The same times a gain for each element of the last axis: x of shape (..., n), gain of shape (n).
template <Operand X, Operand Gain>
auto rms_norm(const X& x, const Gain& gain, double epsilon = 1e-5) {
  using T = element_of<X>;
  static_assert(detail::is_last_axis<Gain, X>,
                "weft: rms_norm(x, gain) needs x of shape (..., n) and gain of shape (n)");
  return apply_like(detail::RmsNorm<T>{static_cast<T>(epsilon)}, x, gain);
}

}  // namespace weft
