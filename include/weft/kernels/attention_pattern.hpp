#pragma once

#include <weft/kernels/attention_head.hpp>

#include <limits>

// The softmax of attention, in place on one head's scores.
//
// What softmax_rows() does, for short rows that end on whole registers. A short row alone mostly
// waits: for its greatest element, for its sum, and for masked stores to be read back. Four rows at
// once, without masked loads and stores, take a third of the time at 24 x 24 and half at 128 x 128.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// Some neighbouring rows of a pattern, and the keys each of them sees.
//
// Loops over rows must vanish for what belongs to a row to live in a register.
template <std::size_t Rows, class T>
struct PatternRows {
  using Batch = simd::Batch<T>;

  std::size_t begin, stride;  // of the rows, in elements
  std::size_t end;            // of the registers with keys that one of the rows sees
  Batch visible[Rows];

  PatternRows(const AttentionHead& head, std::size_t first)
      : begin(first * head.pattern_row),
        stride(head.pattern_row),
        end(whole_registers<T>(visible_keys(head, first + Rows - 1))) {  // the last sees the most
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
      visible[r] = Batch(static_cast<T>(visible_keys(head, first + r)));
  }

  // Calls body(row, offset, only) for each register below end; only(x, y) is x where the row sees
  // the key, y elsewhere.
  template <class Body>
  [[gnu::always_inline]] void for_each(Body body) const {
    Batch key = simd::load(lanes<T>.number);
    for (std::size_t j = 0; j < end; j += simd::width<T>, key += Batch(T(simd::width<T>)))
#pragma GCC unroll 4
      for (std::size_t r = 0; r < Rows; ++r)
        body(r, begin + r * stride + j, [&, r](Batch x, Batch y) {
          return simd::select(key < visible[r], x, y);
        });
  }

  // Zeros behind end.
  void clear_rest(T* pattern) const {
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t j = end; j < stride; j += simd::width<T>)
        simd::store(pattern + begin + r * stride + j, Batch(T{0}));
  }
};

template <std::size_t Rows, class T>
void softmax_of_rows(const AttentionHead& head, std::size_t first, T* scores) {
  using Batch = simd::Batch<T>;
  constexpr T lowest = -std::numeric_limits<T>::infinity();
  const PatternRows<Rows, T> rows(head, first);
  Batch greatest[Rows], sum[Rows];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) greatest[r] = Batch(lowest), sum[r] = Batch(T{0});

  rows.for_each([&](std::size_t r, std::size_t at, auto only) {
    greatest[r] = simd::max(greatest[r], only(simd::load(scores + at), Batch(lowest)));
  });
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) {
    const T value = simd::max(greatest[r]);
    greatest[r] = Batch(value > lowest ? value : T{0});
  }
  rows.for_each([&](std::size_t r, std::size_t at, auto only) {
    const Batch e = only(simd::exp_fast(simd::load(scores + at) - greatest[r]), Batch(T{0}));
    simd::store(scores + at, e);
    sum[r] += e;
  });
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) {
    const T value = simd::sum(sum[r]);
    sum[r] = Batch(value == 0 ? T{0} : 1 / value);
  }
  rows.for_each([&](std::size_t r, std::size_t at, auto) {
    simd::store(scores + at, simd::load(scores + at) * sum[r]);
  });
  rows.clear_rest(scores);
}

template <std::size_t Rows, class T>
void softmax_gradient_of_rows(const AttentionHead& head, std::size_t first, T scale,
                              const T* pattern, T* dscores) {
  using Batch = simd::Batch<T>;
  const PatternRows<Rows, T> rows(head, first);
  const Batch zero(T{0}), factor(scale);
  Batch product[Rows];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) product[r] = zero;

  rows.for_each([&](std::size_t r, std::size_t at, auto only) {
    const Batch dp = only(simd::load(dscores + at), zero);
    product[r] = simd::fma(simd::load(pattern + at), dp, product[r]);
  });
#pragma GCC unroll 4
  for (std::size_t r = 0; r < Rows; ++r) product[r] = Batch(simd::sum(product[r]));
  rows.for_each([&](std::size_t r, std::size_t at, auto only) {
    const Batch difference = simd::load(dscores + at) - product[r];
    simd::store(dscores + at, only(factor * simd::load(pattern + at) * difference, zero));
  });
  rows.clear_rest(dscores);
}

}  // namespace detail

// P = softmax(S + mask), in place. Zeros where the mask hides a key, behind the last key, and for a
// query that sees none or only scores of -infinity.
template <class T>
[[gnu::noinline]] void attention_pattern(const AttentionHead& head, T* scores) {
  std::size_t i = 0;
  for (; i + 4 <= head.queries; i += 4) detail::softmax_of_rows<4>(head, i, scores);
  for (; i < head.queries; ++i) detail::softmax_of_rows<1>(head, i, scores);
}

// dS = scale P (dP - sum over keys of P dP), in place of dP. Zeros where P has zeros by the mask.
template <class T>
[[gnu::noinline]] void attention_pattern_backward(const AttentionHead& head, T scale,
                                                  const T* pattern, T* dscores) {
  std::size_t i = 0;
  for (; i + 4 <= head.queries; i += 4)
    detail::softmax_gradient_of_rows<4>(head, i, scale, pattern, dscores);
  for (; i < head.queries; ++i)
    detail::softmax_gradient_of_rows<1>(head, i, scale, pattern, dscores);
}

// Puts -infinity where the mask hides a key, for those who want to see the scores whole.
template <class T>
void mask_scores(const AttentionHead& head, T* scores) {
  for (std::size_t i = 0; i < head.queries; ++i)
    for (std::size_t j = visible_keys(head, i); j < head.keys; ++j)
      scores[i * head.pattern_row + j] = -std::numeric_limits<T>::infinity();
}

}  // namespace weft::kernels
