#pragma once

#include <weft/core/scratch.hpp>
#include <weft/kernels/gemm_panel.hpp>

// Matrix product for the sizes of a transformer: a few rows to a few thousand.
//
// C is cut into groups of columns whose part of B fits L2, the sum into blocks of k, the rows into
// chunks, the columns of a group into panels a tile wide. A panel of B is packed when the first
// chunk meets it and stays for the others; operands are copied only where that pays, since at these
// sizes a copy is a good part of the work. (Goto and van de Geijn, Anatomy of High-Performance
// Matrix Multiplication, 2008, has the scheme with copies throughout and with A in L2.)

namespace weft::inline WEFT_TARGET::kernels {

// Which operand of a product is stored transposed: C = A B, A^T B or A B^T.
enum class Layout { nn, tn, nt };

// Where the operands of a product are when it starts: mostly in the second-level cache, or, used
// last long ago, mostly beyond it. No bit of the product depends on it.
enum class Operands : bool { near, far };

namespace detail {

// Terms of a sum that are added up before C is touched. Blocks of 128 would keep a panel of B in
// L1, but read and write C twice as often: 3 to 8 % slower from 512 x 512 on. The bits of a sum
// depend on this number and on nothing else.
inline constexpr std::size_t inner_block = 256;

// Near-equal parts of a sum; small ones, which have one part, are spared the divisions.
inline std::size_t sum_block(std::size_t inner) {
  return inner > inner_block ? divide_up(inner, divide_up(inner, inner_block)) : inner;
}

// Bytes of the second-level cache, of which there is at least 1 MB on the machines meant.
inline constexpr std::size_t l2 = std::size_t{1} << 20;

// Columns of a group: whole panels, so many that a block of B takes half of L2. Each is packed once
// for all rows, where keeping A in L2 instead, and packing B again for each part of it, was 5 %
// slower at 1024.
template <class T>
std::size_t group_columns(std::size_t columns, std::size_t block) {
  const std::size_t room = l2 / 2 / sizeof(T);
  if (columns * block <= room) return columns;
  return std::min(columns, divide_up(room / block, widest_panel<T>) * widest_panel<T>);
}

// Rows of a chunk: whole tiles of 4, 6, 8, 12 and 24. A chunk of a block of A, 48 KB of floats,
// stays close while the panels of B pass by. 24 and 36 rows were as fast.
inline constexpr std::size_t chunk_rows = 48;

// Rows of A up to which the copy that several groups read is kept, 4 MB of doubles.
inline constexpr std::size_t most_kept_rows = 2048;

// Element (i, k) of A, which may be stored transposed, is data[i * row + k * step].
template <class T>
struct LeftOperand {
  const T* data;
  std::size_t row, step;
};

template <class T>
LeftOperand<T> left_operand(Layout layout, const T* a, std::size_t lda) {
  const bool is_transposed = layout == Layout::tn;
  return {a, is_transposed ? 1 : lda, is_transposed ? lda : 1};
}

// Bytes from the rows of a matrix that a tile meets to those of the next one.
template <class T>
constexpr std::size_t row_bytes_of_tile(std::size_t row) {
  return tile_height<false, widest_tile<false>> * row * sizeof(T);
}

// Rows from which on it may pay to copy a chunk of a transposed A by rows.
inline constexpr std::size_t least_turned_rows = simd::register_count == 16 ? 64 : 256;

// The decisions that depend on the sizes of the whole product. None of them changes a bit of it.
struct Blocking {
  std::size_t block;      // terms of the sum at a time
  std::size_t group;      // columns at a time
  bool turns_a, packs_b;  // copy a chunk of a transposed A by rows, a panel of B
  bool keeps_a;           // keep the copy of all rows of A, for several groups
  bool keeps_b;           // a packed panel is read by several chunks
  bool fetches_a;         // read a transposed A in place, asking for its elements far ahead
  bool asks_ahead;        // with the first panel, ask for what the next tiles read of A and C
  bool fetches_c;         // ask for C when a tile starts
};

template <class T>
Blocking blocking_of(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner,
                     std::size_t ldb, std::size_t ldc, Operands operands) {
  const std::size_t block = sum_block(inner);
  const bool a_is_transposed = layout == Layout::tn;
  const std::size_t group = group_columns<T>(columns, block);
  // A tile reads half a cache line of a transposed A for each k, on few cache sets and many pages.
  // To copy a chunk by rows pays where these are long and the tiles of a block read 2 MB of A or
  // more: on an Intel Xeon 4 to 20 % from 256 rows on, with AVX2, whose tiles read more often, 5 to
  // 20 % from 64 rows on. With less it costs as much.
  const std::size_t bytes_of_a = rows * block * sizeof(T);
  const bool turns_a = a_is_transposed && rows >= least_turned_rows && columns >= 128 &&
                       bytes_of_a * divide_up(columns, widest_panel<T>) >= 2 * l2;
  const std::size_t bytes_of_c = rows * ldc * sizeof(T);
  // Where the tiles for that are higher, an A is large sooner: the others read half of a cache line
  // each, which a power of two from line to line drives out of L1 before the next tile reads the
  // rest. 1024 x 16 x 128 is a sixth faster so with floats.
  const bool reads_lines =
      columns <= simd::width<T> && tile_height<true, 1> > tile_height<false, 1>;
  const bool fetches_a =
      a_is_transposed && !turns_a && rows * inner * sizeof(T) > (reads_lines ? l2 / 8 : l2);
  // A product with a transposed A that is far, such as the gradient of a weight, reads activations
  // of long ago, down their columns, and adds to what was last touched a microbatch ago. Both are
  // asked for evenly, with the first panel: 1 to 4 % of a training step of width 128 or 256 on an
  // Intel Xeon. Where both are near, that would cost 4 %.
  const bool asks_ahead =
      a_is_transposed && operands == Operands::far && !turns_a && !fetches_a &&
      columns >= widest_panel<T> && ldc == columns &&
      std::min(bytes_of_a, bytes_of_c) >= l2 / 32 &&
      row_bytes_of_tile<T>(ldc) <= block * alignment;
  return {
      .block = block,
      .group = group,
      .turns_a = turns_a,
      // Copying a panel costs as much as multiplying four rows by it. In place is 2 to 5 % faster
      // at 256 x 256 x 256 and 512 x 64 x 1536. A copy pays where many rows read a block of B that
      // does not stay in L2 beside the rest (5 % at 512 x 2048 x 512), or whose rows begin anywhere
      // in a cache line (3 % at 3072 x 118 x 256), or panels of which are but one line wide
      // (3 % at 256 x 256 x 256 with AVX2).
      .packs_b = layout == Layout::nt ||
                 (rows >= 256 && (ldb * sizeof(T) % alignment != 0 ||
                                  widest_panel<T> * sizeof(T) <= alignment)) ||
                 (rows >= 512 && block * columns * sizeof(T) >= l2 / 2),
      // 4 % at 1024 x 1024 x 1024 with doubles, 6 % at 512 x 2048 x 512. With two groups, to copy
      // twice is as fast.
      .keeps_a = turns_a && columns > 2 * group && rows <= most_kept_rows,
      // A panel read once leaves its place, in L1 and L2, to the next one.
      .keeps_b = rows > chunk_rows,
      .fetches_a = fetches_a,
      .asks_ahead = asks_ahead,
      // Where C does not stay in L2, its lines are asked for when a tile starts: 7 % at 1536 x 512
      // x 128 and at 1024. Where it does, the requests are in the way, most with short sums: 4 % at
      // 512 x 512 x 64. Where it is far it saves 1 to 3 % of a training step, but for a C of 64 KB
      // or less it costs 1 to 2 %.
      .fetches_c = !asks_ahead && bytes_of_c > (operands == Operands::far ? l2 / 16
                                                : inner >= inner_block    ? l2 / 2
                                                                          : l2),
  };
}

// Elements from a row of a chunk of A to the next, where a transposed A is copied by rows: an odd
// number of cache lines.
template <class T>
std::size_t turned_row(std::size_t inner) {
  constexpr std::size_t line = alignment / sizeof(T);
  return (divide_up(inner, line) | 1) * line;
}

// How often the tiles of a panel go from one k to the next.
inline std::size_t tile_steps(std::size_t rows, std::size_t inner) {
  return divide_up(rows, tile_height<false, widest_tile<false>>) * inner;
}

// C = A B or C = D + A B for the columns of one panel, from the first tile of it, which is used up.
template <class T>
void multiply_panel(std::size_t rows, const Panel<T>& panel, Tile<T>&& tile) {
  const Tiles<T>& tiles = *panel.tiles;
  for (std::size_t i = 0; i < Tiles<T>::count; ++i) {
    const bool asks = i == 0 && tile.ahead;
    const MultiplyTile<T> multiply = asks ? tiles.asking : tiles.functions[i];
    for (; rows >= tiles.heights[i]; rows -= tiles.heights[i]) {
      multiply(tile);
      tile.a += tiles.heights[i] * tile.a_row;
      tile.c += tiles.heights[i] * tile.c_row;
      if (tile.d) tile.d += tiles.heights[i] * tile.d_row;
      if (asks) tile.ahead->next_tile();
    }
  }
}

// What the tiles of the first panel ask for where A and C are far: the next cache line of each row
// of a transposed A, and the next rows of C.
template <class T>
Ahead ahead_of_far(std::size_t inner, const LeftOperand<T>& a, const T* c, std::size_t ldc) {
  const std::size_t rows_of_c = row_bytes_of_tile<T>(ldc);
  return {{address_of(a.data) + alignment, a.step * sizeof(T), row_bytes_of_tile<T>(a.row)},
          {address_of(c) + rows_of_c, divide_up(rows_of_c, inner), rows_of_c}};
}

// C = A B or C += A B for a chunk of A and a group of columns.
//
// packed keeps the panels of the group, which the first chunk of A fills.
template <class T>
void multiply_chunk(const Blocking& blocking, bool b_is_transposed, bool is_first,
                    std::size_t rows, std::size_t columns, std::size_t inner,
                    const LeftOperand<T>& a, const T* b, std::size_t ldb, T* c, std::size_t ldc,
                    Write write, T* packed, Ahead* ahead) {
  const bool overlaps = !blocking.packs_b && may_overlap<T>(columns, write);
  for (std::size_t j = 0; j < columns;) {
    Panel<T> panel = blocking.fetches_a ? first_panel<true, T>(columns - j)
                                        : first_panel<false, T>(columns - j);
    if (overlaps) begin_earlier(j, panel);
    Tile<T> tile{.inner = inner,
                 .a = a.data,
                 .a_row = a.row,
                 .a_step = a.step,
                 .b = b + (b_is_transposed ? j * ldb : j),
                 .b_step = ldb,
                 .c = c + j,
                 .c_row = ldc,
                 .columns = panel.columns,
                 .d = write == Write::add ? c + j : nullptr,
                 .d_row = ldc,
                 .fetches_c = blocking.fetches_c,
                 .ahead = j == 0 || !blocking.asks_ahead ? ahead : nullptr};
    if (blocking.packs_b || panel.columns < panel.width) {
      if (is_first) pack_panel(b_is_transposed, panel, inner, tile.b, ldb, packed);
      tile.b = packed;
      tile.b_step = panel.width;
      if (blocking.keeps_b) packed += inner * panel.width;
    }
    multiply_panel(rows, panel, std::move(tile));
    j += panel.columns;
  }
}

// C = A B or C += A B for a group of columns and one block of the sum, of inner terms.
//
// packed_a has room for a copy of a chunk by rows, or of all chunks, which the first group fills.
template <class T>
void multiply_group(const Blocking& blocking, Layout layout, bool is_first, std::size_t rows,
                    std::size_t columns, std::size_t inner, const T* a, std::size_t lda,
                    const T* b, std::size_t ldb, T* c, std::size_t ldc, Write write, T* packed_a,
                    T* packed_b) {
  const LeftOperand<T> all = left_operand(layout, a, lda);
  for (std::size_t i = 0; i < rows; i += chunk_rows) {
    const std::size_t height = std::min(chunk_rows, rows - i);
    LeftOperand<T> left{a + i * all.row, all.row, all.step};
    const bool turns = blocking.turns_a && (is_first || !blocking.keeps_a);
    if (blocking.turns_a) {
      const std::size_t stride = turned_row<T>(inner);
      T* turned = packed_a + (blocking.keeps_a ? i * stride : 0);
      if (turns) simd::transpose(left.data, lda, inner, height, turned, stride);
      left = {turned, stride, 1};
    }
    Ahead ahead({});
    const std::size_t bytes_of_a = inner * lda * sizeof(T);
    const bool asks_for_rest = turns && i == 0 && height < rows && bytes_of_a < l2 / 2;
    if (blocking.asks_ahead) {
      ahead = ahead_of_far(inner, left, c + i * ldc, ldc);
    } else if (asks_for_rest) {
      // A chunk of a transposed A is a part of each of its rows. The rest of them is asked for with
      // the first chunk: 3 to 5 % where A comes from the third-level cache, if there is room in L2.
      const std::size_t panels = divide_up(columns, widest_panel<T>);
      const std::size_t step = divide_up(bytes_of_a, panels * tile_steps(height, inner));
      ahead = Ahead({address_of(a), step, step * inner});
    }
    multiply_chunk(blocking, layout == Layout::nt, i == 0, height, columns, inner, left, b, ldb,
                   c + i * ldc, ldc, write, packed_b,
                   blocking.asks_ahead || asks_for_rest ? &ahead : nullptr);
  }
}

// C = A B or C += A B, block by block and group by group.
//
// Kept apart from gemm(), where what it needs cost the smallest products, which are one block of
// one group, 2 to 7 %.
template <class T>
[[gnu::noinline]] void multiply_groups(const Blocking& blocking, bool packs_b, Layout layout,
                                       std::size_t rows, std::size_t columns, std::size_t inner,
                                       const T* a, std::size_t lda, const T* b, std::size_t ldb,
                                       T* c, std::size_t ldc, Write write) {
  const std::size_t block = blocking.block, group = blocking.group;
  Scratch scratch;
  T *packed_a = nullptr, *packed_b = nullptr;
  if (packs_b) packed_b = scratch.allocate<T>(block * (group + widest_panel<T>));
  if (blocking.turns_a)
    packed_a = scratch.allocate<T>((blocking.keeps_a ? rows : chunk_rows) * turned_row<T>(block));
  for (std::size_t k = 0; k < inner; k += block)
    for (std::size_t j = 0; j < columns; j += group)
      multiply_group(blocking, layout, j == 0, rows, std::min(group, columns - j),
                     std::min(block, inner - k), a + (layout == Layout::tn ? k * lda : k), lda,
                     b + (layout == Layout::nt ? j * ldb + k : k * ldb + j), ldb, c + j, ldc,
                     k > 0 ? Write::add : write, packed_a, packed_b);
}

// Whether nothing of a product needs a copy or asking for: then blocking_of() decides for a plain
// loop over panels of B, and to ask it costs 60 cycles.
template <class T>
bool is_small(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner,
              std::size_t ldc, Write write, Operands operands) {
  return layout != Layout::nt && (layout == Layout::nn || operands == Operands::near) &&
         rows < least_turned_rows && inner <= inner_block &&
         (fills_panels<T>(columns) || may_overlap<T>(columns, write)) &&
         rows * inner * sizeof(T) <= l2 / 16 && columns * inner * sizeof(T) <= l2 / 2 &&
         rows * ldc * sizeof(T) <= l2 / 16;
}

// C = A B or C += A B of such a product: 24 x 16 x 24 in 0.91 of the time of the other way, with
// floats on Zen 4, 96 x 16 x 24 in 0.97, 96 x 64 x 64 in 0.993.
template <class T>
void multiply_small(std::size_t rows, std::size_t columns, std::size_t inner,
                    const LeftOperand<T>& a, const T* b, std::size_t ldb, T* c, std::size_t ldc,
                    Write write) {
  for (std::size_t j = 0; j < columns;) {
    Panel<T> panel = first_panel<false, T>(columns - j);
    begin_earlier(j, panel);
    multiply_panel(rows, panel,
                   Tile<T>{.inner = inner,
                           .a = a.data,
                           .a_row = a.row,
                           .a_step = a.step,
                           .b = b + j,
                           .b_step = ldb,
                           .c = c + j,
                           .c_row = ldc,
                           .columns = panel.columns,
                           .d = write == Write::add ? c + j : nullptr,
                           .d_row = ldc});
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
// operands: see Operands; used where A is transposed.
//
// The bits of an element of C depend on its row of op(A), its column of op(B) and, for
// Write::add, its old value alone: not on the sizes of the product or on the layout.
template <class T>
void gemm(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
          std::size_t lda, const T* b, std::size_t ldb, T* c, std::size_t ldc,
          Write write = Write::store, Operands operands = Operands::near) {
  if (rows == 0 || columns == 0) return;
  if (inner == 0) {
    if (write == Write::store) detail::fill_with_zeros(rows, columns, c, ldc);
    return;
  }
  if (detail::is_small<T>(layout, rows, columns, inner, ldc, write, operands))
    return detail::multiply_small(rows, columns, inner, detail::left_operand(layout, a, lda), b,
                                  ldb, c, ldc, write);
  const detail::Blocking blocking =
      detail::blocking_of<T>(layout, rows, columns, inner, ldb, ldc, operands);
  // Every group but the last is whole panels. A part of a panel at its end is packed, whatever
  // blocking says, unless it overlaps the one before.
  const std::size_t group = blocking.group;
  const std::size_t columns_of_last = group == columns ? columns : (columns - 1) % group + 1;
  const bool is_one = group == columns && blocking.block == inner;
  const bool packs_b = blocking.packs_b || !(detail::fills_panels<T>(columns_of_last) ||
                                             (is_one && detail::may_overlap<T>(columns, write)));
  if (is_one && !packs_b && !blocking.turns_a)
    detail::multiply_group<T>(blocking, layout, true, rows, columns, inner, a, lda, b, ldb, c, ldc,
                              write, nullptr, nullptr);
  else
    detail::multiply_groups(blocking, packs_b, layout, rows, columns, inner, a, lda, b, ldb, c, ldc,
                            write);
}

}  // namespace weft::kernels
