#pragma once

#include <weft/kernels/attention_head.hpp>

#include <limits>

// The softmax of attention, in place on one head's scores, a register of queries at a time.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// The queries [first, first + width) of a head, of which some may lie behind its last: what is
// computed for those is not used.
template <class T>
struct QueryRegister {
  using Batch = simd::Batch<T>;

  std::size_t open;   // keys that all of the queries see
  std::size_t end;    // keys that any of them sees
  Batch visible;      // keys that each of them sees

  QueryRegister(const AttentionHead& head, std::size_t first) {
    const std::size_t last = std::min(first + simd::width<T>, head.queries) - 1;
    open = visible_keys(head, first);
    end = visible_keys(head, last);
    visible = Batch(static_cast<T>(head.valid));
    if (head.causal)
      visible = simd::min(visible, simd::load(lanes<T>.number) +
                                       Batch(static_cast<T>(first + head.keys - head.queries + 1)));
  }

  // Calls body(chain, key, only) for the keys below end in turn. Neighbouring keys have another
  // chain, 0 to 3, so that their operations need not wait for each other.
  template <class Body>
  [[gnu::always_inline]] void for_each_key(Body body) const {
    const auto all = [](Batch x, Batch) { return x; };
    std::size_t key = 0;
    for (; key + 4 <= open; key += 4) {
#pragma GCC unroll 4
      for (std::size_t chain = 0; chain < 4; ++chain) body(chain, key + chain, all);
    }
    // A number that counts is cheaper than one made of the key.
    Batch number(static_cast<T>(key));
    const auto masked = [&](std::size_t chain, std::size_t its_key) {
      const Batch its_number = number;
      body(chain, its_key, [&](Batch x, Batch y) {
        return simd::select(its_number < visible, x, y);
      });
      number += Batch(T{1});
    };
    for (; key + 4 <= end; key += 4) {
#pragma GCC unroll 4
      for (std::size_t chain = 0; chain < 4; ++chain) masked(chain, key + chain);
    }
    for (; key < end; ++key) masked(0, key);
  }
};

// Zeros for the keys from `begin` on.
template <class T>
void clear_keys(const AttentionHead& head, std::size_t begin, T* column) {
  for (std::size_t key = begin; key < head.keys; ++key)
    simd::store(column + key * head.pattern_row, simd::Batch<T>(T{0}));
}

template <class T>
void softmax_of_queries(const AttentionHead& head, std::size_t first, T* scores) {
  using Batch = simd::Batch<T>;
  const QueryRegister<T> queries(head, first);
  const std::size_t row = head.pattern_row;
  const Batch zero(T{0}), lowest(-std::numeric_limits<T>::infinity());
  T* const column = scores + first;

  Batch greatest[4] = {lowest, lowest, lowest, lowest};
  queries.for_each_key([&](std::size_t chain, std::size_t key, auto only) {
    greatest[chain] = simd::max(greatest[chain], only(simd::load(column + key * row), lowest));
  });
  Batch highest = simd::max(simd::max(greatest[0], greatest[1]),
                            simd::max(greatest[2], greatest[3]));
  highest = simd::select(highest > lowest, highest, zero);

  Batch sums[4] = {zero, zero, zero, zero};
  queries.for_each_key([&](std::size_t chain, std::size_t key, auto only) {
    T* const at = column + key * row;
    const Batch e = only(simd::exp_fast(simd::load(at) - highest), zero);
    simd::store(at, e);
    sums[chain] += e;
  });
  const Batch sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  const Batch factor = simd::select(sum == zero, zero, Batch(T{1}) / sum);
  queries.for_each_key([&](std::size_t, std::size_t key, auto) {
    T* const at = column + key * row;
    simd::store(at, simd::load(at) * factor);
  });
  clear_keys(head, queries.end, column);
}

template <class T>
void softmax_gradient_of_queries(const AttentionHead& head, std::size_t first, T scale,
                                 const T* pattern, T* dscores) {
  using Batch = simd::Batch<T>;
  const QueryRegister<T> queries(head, first);
  const std::size_t row = head.pattern_row;
  const Batch zero(T{0}), factor(scale);
  const T* const p_column = pattern + first;
  T* const column = dscores + first;

  Batch sums[4] = {zero, zero, zero, zero};
  queries.for_each_key([&](std::size_t chain, std::size_t key, auto only) {
    const Batch dp = only(simd::load(column + key * row), zero);
    sums[chain] = simd::fma(simd::load(p_column + key * row), dp, sums[chain]);
  });
  const Batch sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  queries.for_each_key([&](std::size_t, std::size_t key, auto only) {
    T* const at = column + key * row;
    const Batch p = factor * simd::load(p_column + key * row);
    simd::store(at, only(p * (simd::load(at) - sum), zero));
  });
  clear_keys(head, queries.end, column);
}

}  // namespace detail

// P = softmax(S + mask), in place, for some of the queries. Zeros where the mask hides a key, and
// for a query that sees none or only scores of -infinity.
template <class T>
[[gnu::noinline]] void attention_pattern(const AttentionHead& head, QueryRange range, T* scores) {
  for (std::size_t i = range.begin; i < range.end; i += simd::width<T>)
    detail::softmax_of_queries(head, i, scores);
}

// dS = scale P (dP - sum over keys of P dP), in place of dP. Zeros where P has zeros by the mask.
template <class T>
[[gnu::noinline]] void attention_pattern_backward(const AttentionHead& head, QueryRange range,
                                                  T scale, const T* pattern, T* dscores) {
  for (std::size_t i = range.begin; i < range.end; i += simd::width<T>)
    detail::softmax_gradient_of_queries(head, i, scale, pattern, dscores);
}

// Puts a number where the mask hides a key, in the scores or the pattern, for those who look at
// them whole or have changed them.
template <class T>
void fill_hidden(const AttentionHead& head, T number, T* scores) {
  for (std::size_t i = 0; i < head.queries; ++i)
    for (std::size_t j = visible_keys(head, i); j < head.keys; ++j)
      scores[j * head.pattern_row + i] = number;
}

}  // namespace weft::kernels
