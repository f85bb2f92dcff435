#pragma once

#include <weft/kernels/gemm.hpp>
#include <weft/kernels/permute.hpp>

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

namespace detail {

// C = A B, or, where d is not null, C = D + A B.
template <class T>
void multiply_packed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                     std::size_t lda, const T* packed, T* c, std::size_t ldc, const T* d,
                     std::size_t d_row) {
  const std::size_t block = sum_block(inner);
  // Rows of A that stay in L2 while the panels pass by.
  constexpr std::size_t most_rows = 256;
  // While a panel of the greatest width is multiplied by 24 rows or more, the next is asked for,
  // evenly; behind the last lies, as a rule, what is needed next. On an Intel Xeon that is 10 %
  // where weights exceed L2; asking in bursts, between tiles, is no faster than not asking. With
  // the first panel, the next rows of D or C are asked for too: 0.5 % of a training step.
  const bool asks = inner * columns * sizeof(T) >= l2 / 32;
  for (std::size_t k = 0; k < inner; k += block) {
    const std::size_t depth = std::min(block, inner - k);
    const T* next = packed;
    for (std::size_t i = 0; i < rows; i += most_rows) {
      next = packed;
      for_each_panel<T>(columns, [&](std::size_t j, const Panel<T>& panel) {
        const std::size_t height = std::min(most_rows, rows - i), size = depth * panel.width;
        T* its_c = c + i * ldc + j;
        const T* its_d = d ? d + i * d_row + j : nullptr;
        const std::size_t step = divide_up(size * sizeof(T), tile_steps(height, depth));
        Ahead ahead({address_of(next + size), step, step * depth});
        const std::size_t row = d ? d_row : ldc, bytes = row_bytes_of_tile<T>(row);
        if (j == 0 && row == columns && bytes <= depth * alignment)
          ahead.streams[1] = {address_of(d ? its_d : its_c) + bytes, divide_up(bytes, depth),
                              bytes};
        Tile<T> tile{.inner = depth,
                     .a = a + i * lda + k,
                     .a_row = lda,
                     .a_step = 1,
                     .b = next,
                     .b_step = panel.width,
                     .c = its_c,
                     .c_row = ldc,
                     .columns = panel.columns,
                     .d = its_d,
                     .d_row = d_row,
                     .ahead = asks ? &ahead : nullptr};
        multiply_panel(height, panel, std::move(tile));
        next += size;
      });
    }
    packed = next;
    d = c;
    d_row = ldc;
  }
}

}  // namespace detail

// C = A B, or C += A B, row-major, C of rows x columns, sum over inner; packed is B from pack().
// The bits of C are those of gemm().
template <class T>
void gemm_packed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                 std::size_t lda, const T* packed, T* c, std::size_t ldc,
                 Write write = Write::store) {
  if (inner == 0 && write == Write::store) detail::fill_with_zeros(rows, columns, c, ldc);
  detail::multiply_packed(rows, columns, inner, a, lda, packed, c, ldc,
                          write == Write::add ? c : nullptr, ldc);
}

// C = D + A B, where D has rows so many elements apart, or is one row for all where d_row is 0. The
// bits are those of C = D and then C += A B; what C held before is not read.
template <class T>
void gemm_packed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                 std::size_t lda, const T* packed, T* c, std::size_t ldc, const T* d,
                 std::size_t d_row) {
  if (inner == 0) copy_rows(rows, columns, d, d_row, c, ldc);
  detail::multiply_packed(rows, columns, inner, a, lda, packed, c, ldc, d, d_row);
}

}  // namespace weft::kernels
