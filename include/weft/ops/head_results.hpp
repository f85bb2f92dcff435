#pragma once

#include <weft/kernels/gemm.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

// One product a head: its features of z, and the rows of the weight that belong to them.
struct HeadResults {
  static constexpr const char* name = "head_results";
  std::size_t rows, heads, in, out;  // in: features of one head

  void forward(Memory&, auto y, auto z, auto weight) const {
    for (std::size_t h = 0; h < heads; ++h)
      kernels::gemm(kernels::Layout::nn, rows, out, in, z.data() + h * in, heads * in,
                    weight.data() + h * in * out, out, y.data() + h * out, heads * out,
                    Write::store);
  }
  // dz_h = dy_h W_h^T, dW_h = z_h^T dy_h.
  void backward(auto y, auto z, auto weight) const {
    using kernels::Layout;
    const auto dz = z.target();
    const auto dw = weight.target();
    for (std::size_t h = 0; h < heads; ++h) {
      const auto* dy = y.gradient_data() + h * out;
      if (dz)
        kernels::gemm(Layout::nt, rows, in, out, dy, heads * out, weight.data() + h * in * out,
                      out, dz.data + h * in, heads * in, dz.write);
      if (dw)
        kernels::gemm(Layout::tn, in, out, rows, z.data() + h * in, heads * in, dy, heads * out,
                      dw.data + h * in * out, out, dw.write);
    }
  }
};

}  // namespace detail

// What each head of attention contributes to its output, without the bias: y[b, n, h] = z_h W_h.
//
// z (batch, position, Heads * feature), weight (Heads * feature, width), of which head h has the
// rows [h feature, (h + 1) feature), y (batch, position, Heads, width). The sum over heads is
// linear(z, weight). Elhage et al. 2021, "A mathematical framework for transformer circuits".
template <std::size_t Heads, Operand Z, Operand Weight>
auto head_results(const Z& z, const Weight& weight) {
  using S = shape_of<Z>;
  using W = shape_of<Weight>;
  constexpr bool fits = S::rank == 3 && W::rank == 2 && S::last == W::leading && Heads > 0 &&
                        S::last % (Heads > 0 ? Heads : 1) == 0;
  static_assert(fits,
                "weft: head_results<Heads>(z, weight) needs z of shape "
                "(batch, position, Heads * feature) and weight (Heads * feature, width)");
  if constexpr (fits) {
    const detail::HeadResults op{leading_of(z) * S::extents[1], Heads, S::last / Heads, W::last};
    return apply<element_of<Z>, Shape<S::extents[0], S::extents[1], Heads, W::last>>(
        op, leading_of(z), z, weight);
  } else {
    return apply_like(detail::Refused{}, z);
  }
}

}  // namespace weft
