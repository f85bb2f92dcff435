#pragma once

#include <weft/simd/batch.hpp>
#include <weft/simd/math.hpp>

#include <cstddef>

// Walking along a row register by register. A row kernel is written once, as a body that works on
// a part of the row; the part is a whole register everywhere but at the row's end. Such a kernel is
// marked [[gnu::flatten]]: a body that is called, not inlined, keeps its sums in memory.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// 0, 1, 2, ...: the number of each lane of a register.
template <class T>
inline constexpr auto lanes = [] {
  struct Lanes {
    alignas(alignment) T number[simd::width<T>];
  } result{};
  for (std::size_t i = 0; i < simd::width<T>; ++i) result.number[i] = static_cast<T>(i);
  return result;
}();

}  // namespace detail

// A part of a row that fills a register.
template <class T>
struct WholeRegister {
  using Batch = simd::Batch<T>;

  static Batch load(const T* source) { return simd::load(source); }
  static void store(T* target, Batch value) { simd::store(target, value); }
  static void write(T* target, Batch value, Write write) {
    simd::store(target, write == Write::add ? simd::load(target) + value : value);
  }
  // value in the lanes that belong to the row, otherwise in the others.
  static Batch only(Batch value, Batch /*otherwise*/) { return value; }
};

// The end of a row: the first count < width lanes of a register.
template <class T>
struct FirstOfRegister {
  using Batch = simd::Batch<T>;
  std::size_t count;

  Batch load(const T* source) const { return simd::load_first(source, count); }
  void store(T* target, Batch value) const { simd::store_first(target, value, count); }
  void write(T* target, Batch value, Write write) const {
    store(target, write == Write::add ? load(target) + value : value);
  }
  Batch only(Batch value, Batch otherwise) const {
    const Batch lane = simd::load(detail::lanes<T>.number);
    return simd::select(lane < Batch(static_cast<T>(count)), value, otherwise);
  }
};

// Calls body(offset, part) for the parts of a row of count elements, from its start to its end.
template <class T, class Body>
[[gnu::always_inline]] inline void for_each_register(std::size_t count, Body body) {
  std::size_t offset = 0;
  for (; offset + simd::width<T> <= count; offset += simd::width<T>)
    body(offset, WholeRegister<T>{});
  if (offset < count) body(offset, FirstOfRegister<T>{count - offset});
}

// Zeros in every element of a row.
template <class T>
void clear_row(T* row, std::size_t count) {
  for_each_register<T>(count, [&](std::size_t j, auto part) {
    part.store(row + j, simd::Batch<T>(T{0}));
  });
}

}  // namespace weft::kernels
