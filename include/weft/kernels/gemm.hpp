#pragma once

#include <weft/core/scratch.hpp>
#include <weft/kernels/gemm_panel.hpp>

// Matrix product for the sizes of a transformer: a few rows to a few thousand.
//
// The sum is cut into blocks of k, the columns of B into panels a tile wide, the rows of A into
// chunks; operands are copied only where that pays, since at these sizes a copy is a good part of
// the work. (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008, has
// the scheme with copies throughout.)

namespace weft::inline WEFT_TARGET::kernels {

// Which operand of a product is stored transposed: C = A B, A^T B or A B^T.
enum class Layout { nn, tn, nt };

namespace detail {

// Terms of a sum that are added up before C is touched: 256 floats. Blocks of 128 would keep a
// panel of B in L1, but read and write C twice as often, and were 3 to 8 % slower from 512 x 512 on.
// The bits of a sum depend on this number and on nothing else.
template <class T>
inline constexpr std::size_t inner_block = 1024 / sizeof(T);

// Bytes of the second-level cache, of which there is at least 1 MB on the machines meant.
inline constexpr std::size_t l2 = std::size_t{1} << 20;

// The chunk of A that meets one panel after the other: a quarter of L2. Without chunks,
// 3072 x 512 x 512 ran at 0.88 of the speed.
template <class T>
inline constexpr std::size_t chunk_elements = l2 / 4 / sizeof(T);

// Element (i, k) of A, which may be stored transposed, is data[i * row + k * step].
template <class T>
struct LeftOperand {
  const T* data;
  std::size_t row, step;
};

// The decisions that depend on the sizes of the whole product. None of them changes a bit of it.
struct Blocking {
  std::size_t chunk, block;  // rows of A and terms of the sum at a time
  bool packs_a, packs_b;     // copy a chunk of A, a panel of B
  bool fetches_c;
};

template <class T>
Blocking blocking_of(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner,
                     std::size_t ldc) {
  // Near-equal parts; small products, which have one, are spared the divisions.
  std::size_t block = inner, chunk = rows;
  if (inner > inner_block<T>) block = divide_up(inner, divide_up(inner, inner_block<T>));
  if (rows * block > chunk_elements<T>) {
    chunk = divide_up(rows, divide_up(rows * block, chunk_elements<T>));
    chunk = divide_up(chunk, tile_heights[0]) * tile_heights[0];
  }
  return {
      .chunk = chunk,
      .block = block,
      // A tile reads a few columns of a transposed A, a cache line for each k. Turning a large A
      // into rows gave 5 to 10 % at 512 columns and nothing at 256.
      .packs_a = layout == Layout::tn && rows >= 256 && columns >= 256,
      // Copying a panel costs as much as multiplying four rows by it. From 256 rows on that is
      // little, and B read in place, its rows on few cache sets or across line ends, costs more:
      // 6 % at 1536 x 512 x 16, a quarter at 3072 x 118 x 256.
      .packs_b = layout == Layout::nt || rows >= 256,
      // Where C does not stay in L2, its lines are asked for when a tile starts: 3 to 6 %. Where it
      // does, the requests are in the way: up to 3 % at short sums.
      .fetches_c = rows * ldc * sizeof(T) > l2 / 2,
  };
}

// C = A B or C += A B for the columns of one panel.
template <class T>
void multiply_panel(std::size_t rows, const Panel<T>& panel, Tile<T> tile) {
  for (std::size_t i = 0; i < std::size(tile_heights); ++i)
    for (; rows >= tile_heights[i]; rows -= tile_heights[i]) {
      (*panel.tiles)[i](tile);
      tile.a += tile_heights[i] * tile.a_row;
      tile.c += tile_heights[i] * tile.c_row;
    }
}

// C = A B or C += A B for a chunk of A and the rows of B it meets; packed has room for a panel.
template <class T>
void multiply_chunk(const Blocking& blocking, bool b_is_transposed, std::size_t rows,
                    std::size_t columns, std::size_t inner, const LeftOperand<T>& a, const T* b,
                    std::size_t ldb, T* c, std::size_t ldc, Write write, T* packed) {
  for (std::size_t j = 0; j < columns;) {
    const Panel<T> panel = first_panel<T>(columns - j);
    Tile<T> tile{.inner = inner,
                 .a = a.data,
                 .a_row = a.row,
                 .a_step = a.step,
                 .b = b + (b_is_transposed ? j * ldb : j),
                 .b_step = ldb,
                 .c = c + j,
                 .c_row = ldc,
                 .columns = panel.columns,
                 .write = write,
                 .fetches_c = blocking.fetches_c};
    if (blocking.packs_b || panel.columns < panel.width) {
      pack_panel(b_is_transposed, panel, inner, tile.b, ldb, packed);
      tile.b = packed;
      tile.b_step = panel.width;
    }
    multiply_panel(rows, panel, tile);
    j += panel.columns;
  }
}

template <class T>
void fill_with_zeros(std::size_t rows, std::size_t columns, T* c, std::size_t ldc) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) c[i * ldc + j] = T{};
}

}  // namespace detail

// C = op(A) op(B), or C += op(A) op(B), row-major, C of rows x columns, sum over inner.
//
// layout nn: A is rows x inner, B is inner x columns;
//        tn: A is inner x rows;   nt: B is columns x inner.
// lda, ldb, ldc: elements from one stored row to the next. C must not overlap A or B.
//
// The bits of an element of C depend on its row of op(A), its column of op(B) and, for
// Write::add, its old value alone: not on the sizes of the product or on the layout.
template <class T>
void gemm(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
          std::size_t lda, const T* b, std::size_t ldb, T* c, std::size_t ldc,
          Write write = Write::store) {
  if (rows == 0 || columns == 0) return;
  if (inner == 0) {
    if (write == Write::store) detail::fill_with_zeros(rows, columns, c, ldc);
    return;
  }
  const bool a_is_transposed = layout == Layout::tn, b_is_transposed = layout == Layout::nt;
  const detail::Blocking blocking =
      detail::blocking_of<T>(layout, rows, columns, inner, ldc);
  const auto [chunk, block, packs_a, packs_b, fetches_c] = blocking;
  Scratch scratch;
  T* packed_b = scratch.allocate<T>(block * detail::tile_registers * simd::width<T>);
  T* packed_a = packs_a ? scratch.allocate<T>(block * chunk) : nullptr;

  for (std::size_t i = 0; i < rows; i += chunk) {
    const std::size_t height = std::min(chunk, rows - i);
    for (std::size_t k = 0; k < inner; k += block) {
      const std::size_t depth = std::min(block, inner - k);
      detail::LeftOperand<T> left{a + i * lda + k, lda, 1};
      if (a_is_transposed) left = {a + k * lda + i, 1, lda};
      if (packs_a) {
        simd::transpose(left.data, lda, depth, height, packed_a, depth);
        left = {packed_a, depth, 1};
      }
      detail::multiply_chunk(blocking, b_is_transposed, height, columns, depth, left,
                             b + (b_is_transposed ? k : k * ldb), ldb, c + i * ldc, ldc,
                             k > 0 ? Write::add : write, packed_b);
    }
  }
}

}  // namespace weft::kernels
