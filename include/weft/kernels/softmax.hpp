#pragma once

#include <weft/kernels/reduce.hpp>

#include <utility>

namespace weft::inline WEFT_TARGET::kernels {

// Whether a query sees every key, or only those up to its own position.
enum class Mask : bool { none, causal };

// How many keys, from the first on, row `row` of a (rows, columns) block of scores sees: the
// first `valid`, and with a causal mask only those with key <= row + (columns - rows).
inline std::size_t visible_keys(std::size_t row, std::size_t rows, std::size_t columns, Mask mask,
                                std::size_t valid) {
  valid = std::min(valid, columns);
  if (mask == Mask::none) return valid;
  const std::size_t end = row + columns + 1;
  return end > rows ? std::min(valid, end - rows) : 0;
}

namespace detail {

// softmax_row for a row that fits in sizeof...(Whole) + 1 registers, where it stays from the first
// step to the last. The last register holds at least one element that is visible.
template <class T, std::size_t... Whole>
[[gnu::flatten]] void softmax_short_row(const T* x, T* y, std::size_t visible,
                                        std::index_sequence<Whole...>) {
  using Batch = simd::Batch<T>;
  constexpr std::size_t last = sizeof...(Whole), width = simd::width<T>;
  const FirstOfRegister<T> end{visible - last * width};
  const Batch lowest(-std::numeric_limits<T>::infinity()), zero(T{0});

  Batch row[] = {simd::load(x + Whole * width)..., end.load(x + last * width)};
  Batch maximum = end.only(row[last], lowest);
  ((maximum = simd::max(maximum, row[Whole])), ...);
  const Batch greatest(simd::max(maximum));

  row[last] = end.only(simd::exp_fast(row[last] - greatest), zero);
  Batch sums = row[last];
  ((row[Whole] = simd::exp_fast(row[Whole] - greatest)), ...);
  ((sums += row[Whole]), ...);
  const Batch normalizer(T{1} / simd::sum(sums));
  (simd::store(y + Whole * width, row[Whole] * normalizer), ...);
  end.store(y + last * width, row[last] * normalizer);
}

// softmax_row for a row of any length, in three passes.
template <class T>
[[gnu::flatten]] void softmax_long_row(const T* x, T* y, std::size_t visible) {
  using Batch = simd::Batch<T>;
  const Batch greatest(row_max(x, visible)), zero(T{0});
  Batch sums = zero;
  for_each_register<T>(visible, [&](std::size_t j, auto part) {
    const Batch e = simd::exp_fast(part.load(x + j) - greatest);
    part.store(y + j, e);
    sums += part.only(e, zero);
  });
  const Batch normalizer(T{1} / simd::sum(sums));
  for_each_register<T>(visible, [&](std::size_t j, auto part) {
    part.store(y + j, part.load(y + j) * normalizer);
  });
}

}  // namespace detail

// y = softmax(x) over the first `visible` of `columns` elements, zeros behind them.
template <class T>
void softmax_row(const T* x, T* y, std::size_t columns, std::size_t visible) {
  using detail::softmax_short_row;
  switch ((visible + simd::width<T> - 1) / simd::width<T>) {
    case 0: break;
    case 1: softmax_short_row(x, y, visible, std::make_index_sequence<0>{}); break;
    case 2: softmax_short_row(x, y, visible, std::make_index_sequence<1>{}); break;
    case 3: softmax_short_row(x, y, visible, std::make_index_sequence<2>{}); break;
    case 4: softmax_short_row(x, y, visible, std::make_index_sequence<3>{}); break;
    default: detail::softmax_long_row(x, y, visible);
  }
  clear_row(y + visible, columns - visible);
}

// Softmax of each row of a (rows, columns) matrix without gaps: y(i, j) = exp(x(i, j)) /
// sum_k exp(x(i, k)) over the keys that row i sees, 0 at the others; a row that sees none is all
// zeros. y may be x.
template <class T>
void softmax_rows(const T* x, T* y, std::size_t rows, std::size_t columns, Mask mask,
                  std::size_t valid) {
  for (std::size_t i = 0; i < rows; ++i)
    softmax_row(x + i * columns, y + i * columns, columns,
                visible_keys(i, rows, columns, mask, valid));
}

// The gradient of softmax_rows from its result p: dx(i, j) = or += p(i, j) (dp(i, j) -
// sum_k p(i, k) dp(i, k)) at the keys that row i sees, 0 at the others, where dp is not read.
// dx may be dp where write is store.
template <class T>
[[gnu::flatten]] void softmax_rows_backward(const T* p, const T* dp, T* dx, std::size_t rows,
                                            std::size_t columns, Mask mask, std::size_t valid,
                                            Write write) {
  using Batch = simd::Batch<T>;
  for (std::size_t i = 0; i < rows; ++i) {
    const T* pattern = p + i * columns;
    const T* incoming = dp + i * columns;
    T* target = dx + i * columns;
    const std::size_t visible = visible_keys(i, rows, columns, mask, valid);
    Batch products(T{0});
    for_each_register<T>(visible, [&](std::size_t j, auto part) {
      products = simd::fma(part.load(pattern + j), part.load(incoming + j), products);
    });
    const Batch product(simd::sum(products));
    for_each_register<T>(visible, [&](std::size_t j, auto part) {
      const Batch difference = part.load(incoming + j) - product;
      part.write(target + j, part.load(pattern + j) * difference, write);
    });
    if (write == Write::store) clear_row(target + visible, columns - visible);
  }
}

}  // namespace weft::kernels
