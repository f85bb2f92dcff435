#pragma once

#include <weft/kernels/layer_norm.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {


template <class T>
struct LayerNorm {
  static constexpr const char* name = "layer_norm";
  T epsilon;
  T* mean = nullptr;        // of each row
  T* reciprocal = nullptr;  // 1 / sqrt(variance + epsilon) of each row

  void forward(Memory& memory, auto y, auto x) { normalize(memory, y, x, nullptr, nullptr); }
  void forward(Memory& memory, auto y, auto x, auto gain) {
    normalize(memory, y, x, gain.data(), nullptr);
  }
  void forward(Memory& memory, auto y, auto x, auto gain, auto bias) {
    normalize(memory, y, x, gain.data(), bias.data());
  }

  void backward(auto y, auto x) const { differentiate(y, x, nullptr, nullptr, nullptr); }
  void backward(auto y, auto x, auto gain) const {
    differentiate(y, x, gain.data(), gain.target_of_zeros().data, nullptr);
  }
  void backward(auto y, auto x, auto gain, auto bias) const {
    differentiate(y, x, gain.data(), gain.target_of_zeros().data, bias.target_of_zeros().data);
  }

 private:
  void normalize(Memory& memory, auto y, auto x, const T* gain, const T* bias) {
    const auto [rows, columns, one] = rows_of(x.shape());
    mean = memory.allocate<T>(rows);
    reciprocal = memory.allocate<T>(rows);
    kernels::layer_norm(x.data(), rows, columns, gain, bias, epsilon, y.data(), mean, reciprocal);
  }

  void differentiate(auto y, auto x, const T* gain, T* dgain, T* dbias) const {
    const auto [rows, columns, one] = rows_of(x.shape());
    const auto dx = x.target();
    kernels::layer_norm_backward(y.gradient_data(), x.data(), mean, reciprocal, gain, rows,
                                 columns, dx.data, dx.write, dgain, dbias);
  }
};

}  // namespace detail

// y = (x - mean(x)) / sqrt(variance(x) + epsilon) over the last axis; the variance divides by the
// number of elements. Ba, Kiros and Hinton 2016, section 3.
template <Operand X>
auto layer_norm(const X& x, double epsilon = 1e-5) {
  using T = element_of<X>;
  static_assert(shape_of<X>::rank > 0, "weft: layer_norm(x) needs an x of at least one axis");
  return apply_like(detail::LayerNorm<T>{static_cast<T>(epsilon)}, x);
}

// The same times a gain for each element of the last axis: x of shape (..., n), gain of shape (n).
template <Operand X, Operand Gain>
auto layer_norm(const X& x, const Gain& gain, double epsilon = 1e-5) {
  using T = element_of<X>;
  static_assert(detail::is_last_axis<Gain, X>,
                "weft: layer_norm(x, gain) needs x of shape (..., n) and gain of shape (n)");
  return apply_like(detail::LayerNorm<T>{static_cast<T>(epsilon)}, x, gain);
}

// The same plus a bias of shape (n).
template <Operand X, Operand Gain, Operand Bias>
auto layer_norm(const X& x, const Gain& gain, const Bias& bias, double epsilon = 1e-5) {
  using T = element_of<X>;
  static_assert(detail::is_last_axis<Gain, X> && detail::is_last_axis<Bias, X>,
                "weft: layer_norm(x, gain, bias) needs x of shape (..., n), gain and bias of "
                "shape (n)");
  return apply_like(detail::LayerNorm<T>{static_cast<T>(epsilon)}, x, gain, bias);
}

}  // namespace weft
