#pragma once

#include <weft/kernels/gemm_tile.hpp>
#include <weft/simd/transpose.hpp>

// The columns of a product are cut into panels, as wide as one tile each.

namespace weft::inline WEFT_TARGET::kernels::detail {

template <class T>
struct Panel {
  std::size_t columns;    // of the product
  std::size_t width;      // of the registers they take, columns or more
  const Tiles<T>* tiles;  // the functions that multiply by a panel of this width
};

// Columns of the widest panel.
template <class T>
inline constexpr std::size_t widest_panel = widest_tile<false> * simd::width<T>;

inline constexpr std::size_t divide_up(std::size_t value, std::size_t divisor) {
  return (value + divisor - 1) / divisor;
}

template <bool FetchesA, class T>
constexpr Panel<T> panel_of(std::size_t columns, std::size_t registers) {
  const std::size_t width = registers * simd::width<T>;
  const Tiles<T>* tiles = &tiles_of<simd::Batch<T>, 1, FetchesA, T>;
  if (registers == 2) tiles = &tiles_of<simd::Batch<T>, 2, FetchesA, T>;
  if constexpr (widest_tile<FetchesA> >= 3)
    if (registers == 3) tiles = &tiles_of<simd::Batch<T>, 3, FetchesA, T>;
  if constexpr (widest_tile<FetchesA> >= 4 || simd::half_width<T> < simd::width<T>)
    if (registers == 4) tiles = &tiles_of<simd::Batch<T>, 4, FetchesA, T>;
  return {columns < width ? columns : width, width, tiles};
}

// The first panel of that many columns.
//
// Whole registers, but for an odd number of half registers where these are cheaper: those end with
// a panel of three halves. So 118 floats cost 120 on Zen 4 (64 + 32 + 24), not 128. A half alone
// would read two factors per multiply-add of a whole register, and the load ports would hold it up:
// 0.75 of peak, where three reach 0.97. On an Intel Xeon products with 118 and 40 columns are 10 to
// 20 % faster without any half.
template <bool FetchesA, class T>
constexpr Panel<T> first_panel(std::size_t columns) {
  constexpr std::size_t half = simd::half_width<T>, whole = simd::width<T>;
  constexpr std::size_t most = widest_tile<FetchesA>;
  std::size_t registers = divide_up(columns, whole);
  if constexpr (half < whole) {
    const std::size_t halves = divide_up(columns, half);
    if (halves == 3) return {columns, 3 * half, &tiles_of<simd::HalfBatch<T>, 3, FetchesA, T>};
    if (halves % 2 == 1 && halves > 3) registers = (halves - 3) / 2;
  }
  // 4 registers are one panel or, where 3 is the most, 2 + 2: 3 + 1 was 2 to 6 % slower.
  if constexpr (FetchesA && half < whole)
    if (registers == 4) return panel_of<FetchesA, T>(columns, 4);
  if constexpr (FetchesA) registers = divide_up(registers, divide_up(registers, most));
  return panel_of<FetchesA, T>(columns, registers < most ? registers : most);
}

// Whether the panels of that many columns are full, so that tiles can read B in place.
template <class T>
constexpr bool fills_panels(std::size_t columns) {
  constexpr std::size_t half = simd::half_width<T>, whole = simd::width<T>;
  return columns % whole == 0 || (columns % half == 0 && columns >= 3 * half);
}

// Whether a last panel that is not full may begin among the columns of the one before: these are
// computed twice, to the same bits, which harms only where they are added to. Then too B is read in
// place. With 118 columns and a sum of 64 that is 1.6 times as fast as a copy of the panel for one
// row, 1.2 times for 4, 1.04 for 24 and 1.01 for 96.
template <class T>
constexpr bool may_overlap(std::size_t columns, Write write) {
  return write == Write::store && columns >= widest_panel<T>;
}

// Lets a panel at column j that is not full begin earlier, so that it is.
template <class T>
constexpr void begin_earlier(std::size_t& j, Panel<T>& panel) {
  j -= panel.width - panel.columns;
  panel.columns = panel.width;
}

// Copies rows of a matrix to target, width elements apart, zeros behind the last column.
//
// A last register may reach into the row that is written next, so target has room for one more.
template <class T>
void pack_rows(std::size_t rows, std::size_t columns, const T* source, std::size_t stride,
               T* target, std::size_t width) {
  constexpr std::size_t size = simd::width<T>;
  for (std::size_t i = 0; i < rows; ++i, source += stride, target += width) {
    std::size_t j = 0;
    for (; j + size <= columns; j += size) simd::store(target + j, simd::load(source + j));
    if (j < columns) simd::store(target + j, simd::load_first(source + j, columns - j));
  }
}

// Copies a panel of B to target, inner rows of panel.width elements, as pack_rows() does.
//
// b holds inner rows, or, where it is transposed, the columns of the panel as rows.
template <class T>
void pack_panel(bool is_transposed, const Panel<T>& panel, std::size_t inner, const T* b,
                std::size_t ldb, T* target) {
  const auto [columns, width, tiles] = panel;
  if (!is_transposed) {
    pack_rows(inner, columns, b, ldb, target, width);
    return;
  }
  simd::transpose(b, ldb, columns, inner, target, width);
  for (std::size_t k = 0; columns < width && k < inner; ++k)
    for (std::size_t j = columns; j < width; ++j) target[k * width + j] = T{};
}

}  // namespace weft::kernels::detail
