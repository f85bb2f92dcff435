#pragma once

#include <weft/core/scratch.hpp>
#include <weft/kernels/gemm_panel.hpp>

#include <cstddef>

namespace weft::inline WEFT_TARGET::kernels {

// Which operand of a product is stored transposed: C = A B, A^T B or A B^T.
enum class Layout { nn, tn, nt };

namespace detail {

// Terms of the sum that are multiplied at once.
template <class T>
inline constexpr std::size_t inner_block = 512 / sizeof(T);

inline bool g_pack = false;

template <class T>
void multiply_panel(std::size_t rows, const Panel<T>& panel, Tile<T> tile) {
  for (std::size_t i = 0; i < std::size(tile_heights); ++i) {
    for (; rows >= tile_heights[i]; rows -= tile_heights[i]) {
      (*panel.tiles)[i](tile);
      tile.a += tile_heights[i] * tile.a_row;
      tile.c += tile_heights[i] * tile.c_row;
    }
  }
}

}  // namespace detail

// C = op(A) op(B), or C += op(A) op(B), row-major, C of rows x columns, sum over inner.
//
// layout nn: A is rows x inner, B is inner x columns;
//        tn: A is inner x rows;   nt: B is columns x inner.
// lda, ldb, ldc: elements from one stored row to the next. C must not overlap A or B.
template <class T>
void gemm(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
          std::size_t lda, const T* b, std::size_t ldb, T* c, std::size_t ldc,
          Write write = Write::store) {
  using namespace detail;
  if (rows == 0) return;
  if (inner == 0) {
    if (write == Write::store)
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) c[i * ldc + j] = T{};
    return;
  }
  const std::size_t a_row = layout == Layout::tn ? 1 : lda;
  const std::size_t a_step = layout == Layout::tn ? lda : 1;
  const bool b_is_transposed = layout == Layout::nt;

  const std::size_t blocks = divide_up(inner, inner_block<T>);
  const std::size_t block = divide_up(inner, blocks);
  Scratch scratch;
  T* packed = scratch.allocate<T>(block * tile_registers * simd::width<T>);

  for (std::size_t k = 0; k < inner; k += block) {
    const std::size_t depth = block < inner - k ? block : inner - k;
    for (std::size_t j = 0; j < columns;) {
      const Panel<T> panel = first_panel<T>(columns - j);
      const T* panel_of_b = b_is_transposed ? b + j * ldb + k : b + k * ldb + j;
      std::size_t b_step = ldb;
      if (g_pack || b_is_transposed || panel.columns < panel.width) {
        pack_panel(b_is_transposed, panel, depth, panel_of_b, ldb, packed);
        panel_of_b = packed;
        b_step = panel.width;
      }
      multiply_panel(rows, panel, Tile<T>{depth, a + k * a_step, a_row, a_step, panel_of_b, b_step,
                                 c + j, ldc , k > 0 ? Write::add : write});
      j += panel.columns;
    }
  }
}

}  // namespace weft::kernels
