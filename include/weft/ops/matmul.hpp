#pragma once

#include <weft/kernels/gemm.hpp>
#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {

// Which operand of matmul() is taken transposed: a b, a^T b or a b^T.
enum class Transpose { none, left, right };

namespace detail {

// The shape of a product, and whether there is one. A holds (batch..., m, k), or (batch..., k, m)
// where it is transposed; B holds (batch..., k, n) or (batch..., n, k), or has no batch axes.
template <Transpose Side, class A, class B>
struct MatMulShape {
  static constexpr std::size_t end_of_a = A::rank, end_of_b = B::rank;
  static constexpr bool is_shared = end_of_b == 2 && end_of_a > 2;
  static constexpr bool has_matrices =
      end_of_a >= 2 && end_of_a <= 4 && (end_of_b == end_of_a || end_of_b == 2);

  static constexpr std::size_t last_of_a = Side == Transpose::left ? 2 : 1;  // counted from the end
  static constexpr std::size_t last_of_b = Side == Transpose::right ? 2 : 1;

  // The run-time numbers of a product; extents are those of A and B.
  static constexpr std::size_t rows(const auto& a) { return a[end_of_a - 3 + last_of_a]; }
  static constexpr std::size_t inner_of_a(const auto& a) { return a[end_of_a - last_of_a]; }
  static constexpr std::size_t inner_of_b(const auto& b) { return b[end_of_b - 3 + last_of_b]; }
  static constexpr std::size_t columns(const auto& b) { return b[end_of_b - last_of_b]; }

  static constexpr bool is_valid = [] {
    if constexpr (!has_matrices) {
      return false;
    } else {
      const auto may_equal = [](std::size_t x, std::size_t y) {
        return x == y || x == dynamic || y == dynamic;
      };
      bool valid = may_equal(inner_of_a(A::extents), inner_of_b(B::extents)) &&
                   columns(B::extents) != dynamic;
      if (!is_shared)
        for (std::size_t axis = 0; axis + 2 < A::rank; ++axis)
          valid = valid && may_equal(A::extents[axis], B::extents[axis]);
      return valid;
    }
  }();

  // Where there is no product, the shape it would most likely have had.
  static constexpr std::size_t extent(std::size_t axis) {
    if constexpr (!has_matrices) return 1;
    else if (axis + 1 == A::rank) return columns(B::extents) == dynamic ? 1 : columns(B::extents);
    else if (axis + 2 == A::rank) return rows(A::extents);
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
  using S = typename Product::type;
  detail::MatMul product{Side, 0, 0, 0, 0, 0};
  std::size_t leading = 1;
  if constexpr (Product::is_valid) {
    const auto a_extents = extents_of<shape_of<A>>(leading_of(a));
    const auto b_extents = extents_of<shape_of<B>>(leading_of(b));
    const std::size_t inner = Product::inner_of_a(a_extents);
    if (inner != Product::inner_of_b(b_extents) ||
        (S::rank > 2 && !Product::is_shared && a_extents[0] != b_extents[0]))
      fail("matmul", "the inner and batch extents of a and b must be equal",
           to_string(shape_of<A>{}, leading_of(a)) + " and " +
               to_string(shape_of<B>{}, leading_of(b)));
    std::size_t count = 1;
    for (std::size_t axis = 0; axis + 2 < S::rank; ++axis) count *= a_extents[axis];
    const std::size_t rows = Product::rows(a_extents), columns = Product::columns(b_extents);
    if (Product::is_shared && Side != Transpose::left)  // all rows as one product
      product = {Side, 1, count * rows, columns, inner, 0};
    else
      product = {Side, count, rows, columns, inner, Product::is_shared ? 0 : inner * columns};
    leading = S::rank == 2 ? rows : a_extents[0];
  }
  return apply<element_of<A>, S>(product, leading, a, b);
}

}  // namespace weft
