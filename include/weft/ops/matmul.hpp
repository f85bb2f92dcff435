#pragma once

#include <weft/kernels/gemm.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

// Which operand of matmul() is taken transposed: a b, a^T b or a b^T.
enum class Transpose { none, left, right };

namespace detail {

// The extents of the matrices of a product, some of which may be dynamic. Extents are an array or
// an AnyShape: a holds (batch..., m, k), or (batch..., k, m) where it is transposed; b holds
// (batch..., k, n) or (batch..., n, k).
struct ProductExtents {
  std::size_t rows, inner_of_a, inner_of_b, columns;

  template <class A, class B>
  constexpr ProductExtents(Transpose side, const A& a, std::size_t a_rank, const B& b,
                           std::size_t b_rank)
      : rows(a[a_rank - (side == Transpose::left ? 1 : 2)]),
        inner_of_a(a[a_rank - (side == Transpose::left ? 2 : 1)]),
        inner_of_b(b[b_rank - (side == Transpose::right ? 1 : 2)]),
        columns(b[b_rank - (side == Transpose::right ? 2 : 1)]) {}
};

// The shape of a product, and whether there is one. B has the batch axes of A or none.
template <Transpose Side, class A, class B>
struct MatMulShape {
  static constexpr bool is_shared = B::rank == 2 && A::rank > 2;
  static constexpr bool has_matrices =
      A::rank >= 2 && A::rank <= 4 && (B::rank == A::rank || B::rank == 2);

  static constexpr ProductExtents matrices = [] {
    using Example = Shape<1, 1>;  // stands in for what is no matrix
    using Left = std::conditional_t<has_matrices, A, Example>;
    using Right = std::conditional_t<has_matrices, B, Example>;
    return ProductExtents(Side, Left::extents, Left::rank, Right::extents, Right::rank);
  }();

  static constexpr bool is_valid = [] {
    if constexpr (!has_matrices) {
      return false;
    } else {
      const auto may_equal = [](std::size_t x, std::size_t y) {
        return x == y || x == dynamic || y == dynamic;
      };
      bool valid = may_equal(matrices.inner_of_a, matrices.inner_of_b) &&
                   matrices.columns != dynamic;
      if (!is_shared)
        for (std::size_t axis = 0; axis + 2 < A::rank; ++axis)
          valid = valid && may_equal(A::extents[axis], B::extents[axis]);
      return valid;
    }
  }();

  // Where there is no product, the shape it would most likely have had.
  static constexpr std::size_t extent(std::size_t axis) {
    if constexpr (!has_matrices) return 1;
    else if (axis + 1 == A::rank) return matrices.columns == dynamic ? 1 : matrices.columns;
    else if (axis + 2 == A::rank) return matrices.rows;
    else if (axis > 0 || is_shared || A::extents[0] != dynamic) return A::extents[axis];
    else return B::extents[0];
  }
  using type = make_shape<A::rank, decltype([](std::size_t axis) { return extent(axis); })>;
};

// `count` products of matrices that lie one after the other; a step of 0 uses one matrix for all.
template <class T>
void products(std::size_t count, kernels::Layout layout, std::size_t rows, std::size_t columns,
              std::size_t inner, const T* a, std::size_t a_step, const T* b, std::size_t b_step,
              T* c, std::size_t c_step, Write write) {
  const std::size_t lda = layout == kernels::Layout::tn ? rows : inner;
  const std::size_t ldb = layout == kernels::Layout::nt ? inner : columns;
  for (std::size_t i = 0; i < count; ++i)
    kernels::gemm(layout, rows, columns, inner, a + i * a_step, lda, b + i * b_step, ldb,
                  c + i * c_step, columns, write);
}

struct MatMul {
  static constexpr const char* name = "matmul";

  Transpose side;
  std::size_t count;  // of products
  std::size_t rows, columns, inner;
  std::size_t b_step;  // 0 where one b serves several products

  void forward(Memory&, auto y, auto a, auto b) const {
    using enum kernels::Layout;
    const kernels::Layout layout =
        side == Transpose::left ? tn : side == Transpose::right ? nt : nn;
    products(count, layout, rows, columns, inner, a.data(), a_step(), b.data(), b_step, y.data(),
             y_step(), Write::store);
  }

  // y = a b:    da = dy b^T,  db = a^T dy.
  // y = a^T b:  da = b dy^T,  db = a dy.
  // y = a b^T:  da = dy b,    db = dy^T a.
  void backward(auto y, auto a, auto b) const {
    using enum kernels::Layout;
    const auto* dy = y.gradient_data();
    if (auto da = a.target()) {
      if (side == Transpose::none)
        products(count, nt, rows, inner, columns, dy, y_step(), b.data(), b_step, da.data,
                 a_step(), da.write);
      else if (side == Transpose::left)
        products(count, nt, inner, rows, columns, b.data(), b_step, dy, y_step(), da.data,
                 a_step(), da.write);
      else
        products(count, nn, rows, inner, columns, dy, y_step(), b.data(), b_step, da.data,
                 a_step(), da.write);
    }
    if (auto db = b_step == 0 && count != 1 ? b.target_of_zeros() : b.target()) {
      if (side == Transpose::none)
        products(count, tn, inner, columns, rows, a.data(), a_step(), dy, y_step(), db.data,
                 b_step, db.write);
      else if (side == Transpose::left)
        products(count, nn, inner, columns, rows, a.data(), a_step(), dy, y_step(), db.data,
                 b_step, db.write);
      else
        products(count, tn, columns, inner, rows, dy, y_step(), a.data(), a_step(), db.data,
                 b_step, db.write);
    }
  }

 private:
  std::size_t a_step() const { return rows * inner; }
  std::size_t y_step() const { return rows * columns; }
};

// The product of a and b. Throws Error where extents known at run time differ.
[[gnu::noinline]] inline MatMul product_of(Transpose side, AnyShape a, AnyShape b) {
  const ProductExtents matrices(side, a, a.rank(), b, b.rank());
  const bool is_shared = b.rank() < a.rank();
  if (matrices.inner_of_a != matrices.inner_of_b ||
      (a.rank() > 2 && !is_shared && a[0] != b[0]))
    fail("matmul", "the inner and batch extents of a and b must be equal",
         to_string(a) + " and " + to_string(b));
  const auto [rows, inner, same_inner, columns] = matrices;
  const std::size_t count = a.product(0, a.rank() - 2);
  if (is_shared && side != Transpose::left)  // all rows as one product
    return {side, 1, count * rows, columns, inner, 0};
  return {side, count, rows, columns, inner, is_shared ? 0 : inner * columns};
}

}  // namespace detail

// Product of matrices: y = a b, a^T b or a b^T.
//
//   matmul(a, b)                    (m, k) (k, n) -> (m, n)
//   matmul<Transpose::left>(a, b)   (k, m) (k, n) -> (m, n)
//   matmul<Transpose::right>(a, b)  (m, k) (n, k) -> (m, n)
//
// With one or two axes more, equal in a and b, each pair of matrices is multiplied:
// (batch, head, m, k) (batch, head, k, n) -> (batch, head, m, n). A b without them is shared by
// all: (batch, m, k) (k, n) -> (batch, m, n).
// Throws Error where extents known at run time differ.
template <Transpose Side = Transpose::none, Operand A, Operand B>
auto matmul(const A& a, const B& b) {
  using Product = detail::MatMulShape<Side, shape_of<A>, shape_of<B>>;
  static_assert(Product::is_valid,
                "weft: matmul(a, b) needs a of shape (batch..., m, k), and b of shape "
                "(batch..., k, n) or (k, n); a transposed side has its last two extents swapped");
  static_assert(same_real_elements<A, B>,
                "weft: matmul(a, b) needs elements of float in both, or of double");
  using S = typename Product::type;
  if constexpr (Product::is_valid && same_real_elements<A, B>) {
    const detail::MatMul product = detail::product_of(Side, any_shape(a), any_shape(b));
    const std::size_t leading = S::rank == 2 ? product.rows : leading_of(a);
    return apply<element_of<A>, S>(product, leading, a, b);
  } else {
    return apply<element_of<A>, S>(detail::Refused{}, 1, a, b);
  }
}

}  // namespace weft
