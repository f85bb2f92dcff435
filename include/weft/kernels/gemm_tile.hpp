#pragma once

#include <weft/simd/tile.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

// The innermost block of a matrix product: a tile of C that stays in registers.

namespace weft::inline WEFT_TARGET::kernels::detail {

inline std::uintptr_t address_of(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data);
}

// Memory that will be used soon, asked for a piece with each k: an address, the bytes from there to
// the next piece, often less than a cache line, and those from the first piece of a tile to that of
// the next.
struct Stream {
  std::uintptr_t address = 0;
  std::size_t step = 0, tile_step = 0;
};

// What the tiles of the greatest height and width ask for meanwhile, evenly.
struct Ahead {
  Stream streams[2];

  explicit Ahead(Stream first) : Ahead(first, {first.address, 0, 0}) {}
  Ahead(Stream first, Stream second) : streams{first, second} {}

  void next_tile() {
    for (Stream& stream : streams) stream.address += stream.tile_step;
  }
};

// C = A B, or C = D + A B, for one tile, of as many rows and registers as the function called.
template <class T>
struct Tile {
  std::size_t inner = 0;
  const T* a = nullptr;
  std::size_t a_row = 0, a_step = 0;  // elements from one row of A, and from one k, to the next
  const T* b = nullptr;
  std::size_t b_step = 0;  // elements from one k to the next; whole registers are read from there
  T* c = nullptr;
  std::size_t c_row = 0;
  std::size_t columns = 0;  // of C; less than a whole register of the last one may be in use
  const T* d = nullptr;  // what is added: null for nothing, or C itself
  std::size_t d_row = 0;
  bool fetches_c = false;  // ask for C's cache lines before they are needed
  Ahead* ahead = nullptr;
};

// What a tile asks for with each k.
enum class Fetch { nothing, transposed_a, ahead };

// How many k ahead of its use an element of a transposed A is asked for. Each k is a new cache line
// there, often a new page, of which the processor by itself has no more than eight under way.
// 512 x 24 x 3072 went from 0.23 of peak to 0.88, and 512 x 64 x 1536 from 0.63 to 0.93. 16 and 32
// were no better than 24. Where a row of A is contiguous, or all of A in L2, asking only costs: 2
// to 8 %.
inline constexpr std::size_t fetch_distance = 24;

// Each element of C is one chain of multiply-adds from zero over k upwards, whatever the tile's
// shape, so the bits of a product do not depend on how it is cut into tiles.
//
// The loops over rows and registers must be unrolled completely for the sums to live in registers.
template <class Register, std::size_t Registers, std::size_t Rows, Fetch fetch, class T>
void multiply_tile(const Tile<T>& tile) {
  constexpr std::size_t size = Register::size;
  Register sums[Rows][Registers];
#pragma GCC unroll 24
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j) sums[i][j] = Register(T{});

  if (tile.fetches_c)
    for (std::size_t i = 0; i < Rows; ++i)
      for (std::size_t j = 0; j < Registers; ++j)
        __builtin_prefetch(tile.c + i * tile.c_row + j * size, 1);

  // One pointer for each eight rows of A: the others' distances, 1 to 7 rows, are shared.
  constexpr std::size_t groups = (Rows + 7) / 8;
  const std::size_t a_row = tile.a_row, a_step = tile.a_step, b_step = tile.b_step;
  const T* a[groups];
  for (std::size_t group = 0; group < groups; ++group) a[group] = tile.a + 8 * group * a_row;
  const T* b = tile.b;
  [[maybe_unused]] const std::size_t distance = fetch_distance * a_step * sizeof(T);
  [[maybe_unused]] Stream first, second;
  if constexpr (fetch == Fetch::ahead) {
    first = tile.ahead->streams[0];
    second = tile.ahead->streams[1];
  }
  // Unrolled twice, products of 64 x 64 x 64 are 1 % faster; four times is no better.
#pragma GCC unroll 2
  for (std::size_t k = tile.inner; k > 0; --k) {
    Register row_of_b[Registers];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j)
      row_of_b[j] = simd::load_of<Register>(b + j * size);
#pragma GCC unroll 24
    for (std::size_t i = 0; i < Rows; ++i) {
      const Register factor(a[i / 8][i % 8 * a_row]);
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Registers; ++j)
        sums[i][j] = simd::fma_of<Register>(factor, row_of_b[j], sums[i][j]);
    }
    if constexpr (fetch == Fetch::transposed_a)
      simd::prefetch(address_of(a[0]) + distance);
    if constexpr (fetch == Fetch::ahead) {
      simd::prefetch(first.address);
      first.address += first.step;
      simd::prefetch(second.address);
      second.address += second.step;
    }
    for (std::size_t group = 0; group < groups; ++group) a[group] += a_step;
    b += b_step;
  }

  T* c = tile.c;
  const T* d = tile.d;
  const std::size_t c_row = tile.c_row, d_row = tile.d_row;
  const std::size_t last = tile.columns - (Registers - 1) * size;
#pragma GCC unroll 24
  for (std::size_t i = 0; i < Rows; ++i, c += c_row) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Registers; ++j) {
      Register sum = sums[i][j];
      if (j + 1 < Registers || last == size) {
        if (d) sum = simd::load_of<Register>(d + j * size) + sum;
        sum.store_unaligned(c + j * size);
      } else {
        if (d) sum = simd::load_first_of<Register>(d + j * size, last) + sum;
        simd::store_first_of<Register>(c + j * size, sum, last);
      }
    }
    if (d) d += d_row;
  }
}

template <class T>
using MultiplyTile = void (*)(const Tile<T>&);

// The largest tiles: sums, a row of B and a factor fill the register file, 32 or 16.
//
// Of the tiles of 24 sums, which hide the latency (4 cycles) of two multiply-adds a cycle, 6 x 4
// reads the least per multiply-add: up to 3 % faster than 8 x 3 from 512 x 512 on and with doubles.
// 14 x 2 was no faster from 64 x 64 x 64 on and 3 to 6 % slower in large products. Of a large
// transposed A, a cache line holds 16 rows, of which a tile of 8 takes half and one of 6 often a
// little of two lines: 8 x 3 is a fifth faster there at 512 x 64 x 1536, and 6 % slower at
// 128 x 128 x 128. Narrow tiles are higher, since 6 x 1 sums would wait for each other: of 16
// registers 8 sums, of 32 registers 24 x 1 and 12 x 2, which read less of B than 8 rows do. On an
// Intel Xeon, with two multiply-adds a cycle, products with 16 columns are 1 to 9 % faster,
// A^T B 10 to 30 %; with 32 columns up to 5 % and 4 to 12 %.
//
// Where a whole register goes through the processor in halves (Zen 4), 8 sums hide the latency, and
// larger tiles cost: about 14 stores of whole registers, or twice as many of halves, are taken at
// once; each further one holds up the multiply-adds for a cycle or two. A tile of 6 x 4 ends with
// 24 lost cycles, 12 x 2 with 44, 4 x 4 with 5. Tiles of 4 rows are 1 to 2 % faster throughout the
// grid of matmul_grid, and 8 x 1 is 4 to 10 % at 24 x 16 x 24. They read B more often: with 118
// columns of floats and a sum of 256 they are 1 to 3 % slower. Of a large transposed A those of 4
// registers alone are faster, by 1 to 8 %; where B, or the rest of it, is as wide, they read A
// once, which 8 x 2 would read twice.
inline constexpr bool has_cheap_halves = simd::half_width<float> < simd::width<float>;

template <bool FetchesA>
inline constexpr std::size_t widest_tile = simd::register_count == 16 ? 2 : FetchesA ? 3 : 4;

template <bool FetchesA, std::size_t Registers, bool AreHalves>
constexpr std::size_t height_of_tile() {
  if (simd::register_count == 16) return Registers == 1 ? 8 : 6;
  if (FetchesA && Registers < 4) return Registers == 1 ? 16 : 8;
  if (has_cheap_halves) return Registers == 1 || AreHalves ? 8 : 4;
  return Registers <= 2 ? 24 / Registers : 6;
}

template <bool FetchesA, std::size_t Registers, bool AreHalves = false>
inline constexpr std::size_t tile_height = height_of_tile<FetchesA, Registers, AreHalves>();

// The functions that multiply by tiles of one width.
template <class T>
struct Tiles {
  static constexpr std::size_t count = 5;

  std::size_t heights[count];  // the highest; 8 if that is more, else 4; 4, 2, 1
  MultiplyTile<T> functions[count];
  MultiplyTile<T> asking;  // the highest; of the widest tiles, one that asks for *Tile::ahead
};

template <class Register, std::size_t Registers, bool FetchesA, class T,
          std::size_t Height = tile_height<FetchesA, Registers, (Register::size < simd::width<T>)>,
          std::size_t Next = (Height > 8 ? 8 : 4),
          Fetch fetch = (FetchesA ? Fetch::transposed_a : Fetch::nothing)>
inline constexpr Tiles<T> tiles_of = {
    {Height, Next, 4, 2, 1},
    {multiply_tile<Register, Registers, Height, fetch, T>,
     multiply_tile<Register, Registers, Next, fetch, T>,
     multiply_tile<Register, Registers, 4, fetch, T>,
     multiply_tile<Register, Registers, 2, fetch, T>,
     multiply_tile<Register, Registers, 1, fetch, T>},
    multiply_tile<Register, Registers, Height,
                  !FetchesA && Registers == widest_tile<false> ? Fetch::ahead : fetch, T>};

}  // namespace weft::kernels::detail
