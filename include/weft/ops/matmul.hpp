#pragma once

#include <weft/kernels/gemm.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct MatMul {
  static constexpr const char* name = "matmul";

  void forward(Memory&, auto y, auto a, auto b) const {
    kernels::gemm(kernels::Layout::nn, a.leading(), columns(b), inner(a), a.data(), inner(a),
                  b.data(), columns(b), y.data(), columns(b));
  }

  // y = a b: da = dy b^T, db = a^T dy.
  void backward(auto y, auto a, auto b) const {
    const auto* dy = y.gradient_data();
    if (auto da = a.target())
      kernels::gemm(kernels::Layout::nt, a.leading(), inner(a), columns(b), dy, columns(b),
                    b.data(), columns(b), da.data, inner(a), da.write);
    if (auto db = b.target())
      kernels::gemm(kernels::Layout::tn, inner(a), columns(b), a.leading(), a.data(), inner(a),
                    dy, columns(b), db.data, columns(b), db.write);
  }

 private:
  static std::size_t inner(const auto& a) { return a.extents()[1]; }
  static std::size_t columns(const auto& b) { return b.extents()[1]; }
};

}  // namespace detail

// y = a b, matrices (m, k) and (k, n) to (m, n).
template <Operand A, Operand B>
auto matmul(const A& a, const B& b) {
  using Left = shape_of<A>;
  using Right = shape_of<B>;
  static_assert(Left::rank == 2 && Right::rank == 2 && Left::last == Right::leading,
                "weft: matmul(a, b) needs a of shape (m, k) and b of shape (k, n)");
  return apply<element_of<A>, Shape<Left::leading, Right::last>>(detail::MatMul{}, leading_of(a),
                                                                 a, b);
}

}  // namespace weft
