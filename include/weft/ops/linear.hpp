#pragma once

#include <weft/kernels/column_sum.hpp>
#include <weft/kernels/gemm_packed.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Linear {
  static constexpr const char* name = "linear";
  std::size_t rows;  // of x, all leading axes together
  std::size_t in, out;
  bool weight_is_parameter;

  void forward(Memory& memory, auto y, auto x, auto weight) const {
    using kernels::Layout;
    if (auto* packed = packed_weight(memory.tape(), weight, Layout::nn))
      kernels::gemm_packed(rows, out, in, x.data(), in, packed, y.data(), out);
    else
      kernels::gemm(Layout::nn, rows, out, in, x.data(), in, weight.data(), out, y.data(), out);
  }
  void forward(Memory& memory, auto y, auto x, auto weight, auto bias) const {
    forward_added(memory, y, x, weight, bias.data(), 0);
  }

  // y = d + x W, where d has rows so many elements apart, or is one row for all where row is 0.
  void forward_added(Memory& memory, auto y, auto x, auto weight, const auto* d,
                     std::size_t row) const {
    using kernels::Layout;
    if (auto* packed = packed_weight(memory.tape(), weight, Layout::nn)) {
      kernels::gemm_packed(rows, out, in, x.data(), in, packed, y.data(), out, d, row);
    } else {
      kernels::copy_rows(rows, out, d, row, y.data(), out);
      kernels::gemm(Layout::nn, rows, out, in, x.data(), in, weight.data(), out, y.data(), out,
                    Write::add);
    }
  }

  // y = x W + b: dx = dy W^T, dW = x^T dy, db = sum of the rows of dy.
  void backward(auto y, auto x, auto weight) const {
    using kernels::Layout;
    if (auto dx = x.target()) {
      if (auto* packed = packed_weight(y.tape(), weight, Layout::nt))
        kernels::gemm_packed(rows, in, out, y.gradient_data(), out, packed, dx.data, in, dx.write);
      else
        kernels::gemm(Layout::nt, rows, in, out, y.gradient_data(), out, weight.data(), out,
                      dx.data, in, dx.write);
    }
    if (auto dw = weight.target())
      kernels::gemm(Layout::tn, in, out, rows, x.data(), in, y.gradient_data(), out, dw.data, out,
                    dw.write, kernels::Operands::far);
  }
  void backward(auto y, auto x, auto weight, auto bias) const {
    backward(y, x, weight);
    if (auto db = bias.target())
      kernels::column_sum(rows, out, y.gradient_data(), db.data, db.write);
  }

 private:
  // The weight as a product with it, or with its transpose, reads it, where the tape's parameters
  // stay as they are long enough; else null.
  template <class Weight>
  auto packed_weight(Tape* tape, const Weight& weight, kernels::Layout layout) const
      -> decltype(weight.data()) {
    if (!weight_is_parameter || !tape || !tape->parameter_cache) return nullptr;
    const auto [inner, columns] =
        layout == kernels::Layout::nn ? std::pair{in, out} : std::pair{out, in};
    using T = std::remove_cvref_t<decltype(*weight.data())>;
    return tape->parameter_cache->get(
        weight.data(), static_cast<int>(layout), kernels::packed_size<T>(inner, columns),
        [&](T* packed) { kernels::pack(layout, inner, columns, weight.data(), out, packed); });
  }
};

[[gnu::noinline]] inline Linear linear_of(AnyShape x, AnyShape weight,
                                          bool weight_is_parameter) {
  return {x.product(0, x.rank() - 1), weight[0], weight[1], weight_is_parameter};
}

// x (..., in), weight (in, out), both known but for the leading extent of x.
template <class X, class Weight>
inline constexpr bool fit_linear = X::rank >= 1 && X::rank <= 4 && Weight::rank == 2 &&
                                   X::last == Weight::leading && X::last != dynamic;

// The extents of x with `Out` features.
template <class X, std::size_t Out, std::size_t... Axis>
Shape<(Axis + 1 == X::rank ? Out : X::extents[Axis])...> with_features(
    std::index_sequence<Axis...>);

template <Operand X, Operand Weight, Operand... Bias>
auto apply_linear(const X& x, const Weight& weight, const Bias&... bias) {
  using S = shape_of<X>;
  using T = element_of<X>;
  constexpr std::make_index_sequence<S::rank> axes;
  using Y = decltype(with_features<S, shape_of<Weight>::last>(axes));
  constexpr bool same_elements = same_real_elements<X, Weight, Bias...>;
  static_assert(same_elements,
                "weft: linear needs elements of float in x, weight and bias, or of double");
  if constexpr (same_elements)
    return apply<T, Y>(linear_of(any_shape(x), any_shape(weight), ParameterLike<Weight>),
                       leading_of(x), x, weight, bias...);
  else
    return apply<T, Y>(Refused{}, leading_of(x), x, weight, bias...);
}

}  // namespace detail

// y = x W + b, for every row of x. PyTorch's linear, with the weight stored (in, out).
//
// x (..., in), weight (in, out), bias (out), both static; y (..., out). x has one to four axes,
// and all its rows are one product.
template <Operand X, Operand Weight>
auto linear(const X& x, const Weight& weight) {
  static_assert(detail::fit_linear<shape_of<X>, shape_of<Weight>>,
                "weft: linear(x, weight) needs x of shape (..., in) and weight (in, out)");
  return detail::apply_linear(x, weight);
}

template <Operand X, Operand Weight, Operand Bias>
auto linear(const X& x, const Weight& weight, const Bias& bias) {
  static_assert(detail::fit_linear<shape_of<X>, shape_of<Weight>> && shape_of<Bias>::rank == 1 &&
                    shape_of<Bias>::last == shape_of<Weight>::last,
                "weft: linear(x, weight, bias) needs x of shape (..., in), weight (in, out) and "
                "bias (out)");
  return detail::apply_linear(x, weight, bias);
}

}  // namespace weft
