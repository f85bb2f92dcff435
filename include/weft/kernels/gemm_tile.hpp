#pragma once

#include <weft/simd/tile.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

// The innermost block of a matrix product: a tile of C that stays in registers.

namespace weft::inline WEFT_TARGET::kernels::detail {

// C = A B or C += A B for one tile, of as many rows and registers as the function called.
template <class T>
struct Tile {
  std::size_t inner;
  const T* a;
  std::size_t a_row, a_step;  // elements from one row of A to the next, from one k to the next
  const T* b;
  std::size_t b_step;  // elements from one k to the next; whole registers are read from there on
  T* c;
  std::size_t c_row;
  std::size_t columns;  // of C; less than a whole register of the last one may be in use
  Write write;
  bool fetches_c;  // ask for C's cache lines before they are needed
};

// How many k ahead of its use an element of A is asked for. A row of A is contiguous and needs no
// asking; a transposed A is a new cache line, often a new page, for each k, of which the processor
// by itself has no more than eight under way. 512 x 24 x 3072 went from 0.23 of peak to 0.88, and
// 512 x 64 x 1536 from 0.63 to 0.93. 16 and 32 were no better than 24.
inline constexpr std::size_t fetch_distance = 24;

// Each element of C is one chain of multiply-adds from zero over k upwards, whatever the tile's
// shape, so the bits of a product do not depend on how it is cut into tiles.
//
// The loops over rows and registers must vanish for the sums to live in registers.
template <class Register, std::size_t Registers, std::size_t Rows, class T>
void multiply_tile(const Tile<T>& tile) {
  constexpr std::size_t size = Register::size;
  Register sums[Rows][Registers];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j) sums[i][j] = Register(T{});

  if (tile.fetches_c)
    for (std::size_t i = 0; i < Rows; ++i)
      for (std::size_t j = 0; j < Registers; ++j)
        __builtin_prefetch(tile.c + i * tile.c_row + j * size, 1);

  const T* a = tile.a;
  const T* b = tile.b;
  const std::size_t a_row = tile.a_row, a_step = tile.a_step, b_step = tile.b_step;
  const std::size_t ahead = fetch_distance * a_step * sizeof(T);
  for (std::size_t k = tile.inner; k > 0; --k) {
    Register row_of_b[Registers];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j)
      row_of_b[j] = simd::load_of<Register>(b + j * size);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i) {
      const Register factor(a[i * a_row]);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Registers; ++j)
        sums[i][j] = simd::fma_of<Register>(factor, row_of_b[j], sums[i][j]);
    }
    simd::prefetch(reinterpret_cast<std::uintptr_t>(a) + ahead);
    a += a_step;
    b += b_step;
  }

  T* c = tile.c;
  const std::size_t c_row = tile.c_row;
  const std::size_t last = tile.columns - (Registers - 1) * size;
  const bool adds = tile.write == Write::add;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i, c += c_row) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j) {
      T* target = c + j * size;
      Register sum = sums[i][j];
      if (j + 1 < Registers || last == size) {
        if (adds) sum = simd::load_of<Register>(target) + sum;
        sum.store_unaligned(target);
      } else {
        if (adds) sum = simd::load_first_of<Register>(target, last) + sum;
        simd::store_first_of<Register>(target, sum, last);
      }
    }
  }
}

template <class T>
using MultiplyTile = void (*)(const Tile<T>&);

// A tile is at most 8 x 3 registers of 32, or 6 x 2 of 16: sums, a row of B and a factor fill the
// register file. Eight rows are enough: 24 sums hide the latency (4) of two multiply-add ports, and
// eight row offsets still fit the general registers, where 12 or 14 rows ran 5 to 10 % slower.
inline constexpr std::size_t tile_registers = simd::register_count == 32 ? 3 : 2;
inline constexpr std::size_t tile_heights[] = {simd::register_count == 32 ? 8 : 6, 4, 2, 1};

// The functions for the tile heights, the highest first.
template <class T>
using TilesByHeight = std::array<MultiplyTile<T>, std::size(tile_heights)>;

template <class Register, std::size_t Registers, class T>
inline constexpr TilesByHeight<T> tiles_by_height = {
    multiply_tile<Register, Registers, tile_heights[0], T>,
    multiply_tile<Register, Registers, tile_heights[1], T>,
    multiply_tile<Register, Registers, tile_heights[2], T>,
    multiply_tile<Register, Registers, tile_heights[3], T>};

}  // namespace weft::kernels::detail
