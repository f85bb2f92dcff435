#pragma once

#include <weft/kernels/gemm.hpp>

// Matrix products whose right factor was packed before: a weight that many products share.
//
// Packed, B lies in the order in which tiles read it: for each block of the sum, panel after panel.
// That spares each product the transposition of B, or rows of B on few cache sets.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// Calls function(first column, panel) for the panels of so many columns.
template <class T, class Function>
void for_each_panel(std::size_t columns, Function function) {
  for (std::size_t j = 0; j < columns;) {
    const Panel<T> panel = first_panel<false, T>(columns - j);
    function(j, panel);
    j += panel.columns;
  }
}

}  // namespace detail

// Elements of a packed matrix of inner x columns.
template <class T>
std::size_t packed_size(std::size_t inner, std::size_t columns) {
  std::size_t width = 0;
  detail::for_each_panel<T>(columns, [&](std::size_t, const detail::Panel<T>& panel) {
    width += panel.width;
  });
  return inner * width + simd::width<T>;
}

// Packs B, of inner x columns, or, for Layout::nt, stored as columns x inner.
template <class T>
void pack(Layout layout, std::size_t inner, std::size_t columns, const T* b, std::size_t ldb,
          T* packed) {
  const std::size_t block = detail::sum_block(inner);
  const bool is_transposed = layout == Layout::nt;
  for (std::size_t k = 0; k < inner; k += block) {
    const std::size_t depth = std::min(block, inner - k);
    detail::for_each_panel<T>(columns, [&](std::size_t j, const detail::Panel<T>& panel) {
      const T* source = is_transposed ? b + j * ldb + k : b + k * ldb + j;
      detail::pack_panel(is_transposed, panel, depth, source, ldb, packed);
      packed += depth * panel.width;
    });
  }
}

// C = A B, or C += A B, row-major, C of rows x columns, sum over inner; packed is B from pack().
// The bits of C are those of gemm().
template <class T>
void gemm_packed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                 std::size_t lda, const T* packed, T* c, std::size_t ldc,
                 Write write = Write::store) {
  if (inner == 0 && write == Write::store) detail::fill_with_zeros(rows, columns, c, ldc);
  const std::size_t block = detail::sum_block(inner);
  // Rows of A that stay in L2 while the panels pass by.
  constexpr std::size_t most_rows = 256;
  // While a panel of the greatest width is multiplied by 24 rows or more, the next is asked for,
  // evenly; behind the last lies, as a rule, what is needed next. On an Intel Xeon that is 10 % where
  // weights exceed L2; asking in bursts, between tiles, is no faster than not asking.
  const bool asks = inner * columns * sizeof(T) >= detail::l2 / 32;
  for (std::size_t k = 0; k < inner; k += block) {
    const std::size_t depth = std::min(block, inner - k);
    const T* next = packed;
    for (std::size_t i = 0; i < rows; i += most_rows) {
      next = packed;
      detail::for_each_panel<T>(columns, [&](std::size_t j, const detail::Panel<T>& panel) {
        const std::size_t height = std::min(most_rows, rows - i), size = depth * panel.width;
        detail::Ahead ahead;
        if (asks)
          ahead = {reinterpret_cast<std::uintptr_t>(next + size),
                   detail::divide_up(size * sizeof(T), detail::tile_steps(height, depth))};
        detail::multiply_panel(
            height, panel,
            detail::Tile<T>{.inner = depth,
                            .a = a + i * lda + k,
                            .a_row = lda,
                            .a_step = 1,
                            .b = next,
                            .b_step = panel.width,
                            .c = c + i * ldc + j,
                            .c_row = ldc,
                            .columns = panel.columns,
                            .write = k > 0 ? Write::add : write,
                            .ahead = ahead});
        next += size;
      });
    }
    packed = next;
  }
}

}  // namespace weft::kernels
