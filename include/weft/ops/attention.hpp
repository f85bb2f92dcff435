#pragma once

#include <weft/kernels/attention.hpp>
#include <weft/kernels/elementwise.hpp>
#include <weft/ops/attention_observer.hpp>
#include <weft/ops/operation.hpp>

#include <cmath>
#include <limits>

namespace weft::inline WEFT_TARGET {

template <class T>
struct AttentionOptions {
  bool causal = true;  // a position sees itself and those before it
  T scale = 0;         // of the scores; 0 means 1 / sqrt(width)
};

namespace detail {

template <class T, class Observer>
struct Attention {
  static constexpr const char* name = "attention";
  using Observes = ObserverTraits<T, Observer>;
  using Edits = AttentionEdits<T, Observes::edits>;

  std::size_t heads;
  AttentionOptions<T> options;
  View<const int, dynamic> lengths;  // without data where every position is valid
  Observer between;                  // used by the forward pass only
  const std::size_t* valid = nullptr;  // keys in use, per batch element
  const T* pattern = nullptr;          // (batch, head, key, query), rows padded
  [[no_unique_address]] Edits edits{};  // each laid out like the pattern

  void forward(Memory& memory, auto z, auto q, auto k, auto v) {
    const std::size_t batch = q.leading();
    valid = valid_keys(memory, batch, q.extent(1));
    kernels::AttentionHead head = head_of(q);
    const std::size_t size = head.keys * head.pattern_row;
    // All queries at once for an observer of whole patterns; else a part at a time, which stays in
    // the cache. The bits are the same.
    const std::size_t step = Observes::is_any ? head.queries : kernels::attention_range;
    const std::size_t kept = memory.is_recording() ? batch * heads * size : size;
    T* scores = memory.allocate<T>(kept);
    pattern = scores;
    if constexpr (Observes::edits) edits = {memory.allocate<T>(kept), memory.allocate<T>(kept),
                                            memory.allocate<T>(kept)};
    Edits of_head = edits;
    for (std::size_t b = 0; b < batch; ++b) {
      head.valid = valid[b];
      for (std::size_t h = 0; h < heads; ++h) {
        const std::size_t first = b * head.queries * head.row + h * head.width;
        Scratch scratch;
        const T* queries =
            kernels::attention_queries(head, scale(head), q.data() + first, scratch);
        for (std::size_t begin = 0; begin < head.queries; begin += step) {
          const kernels::QueryRange range{begin, std::min(begin + step, head.queries)};
          kernels::attention_scores(head, range, queries, k.data() + first, scores);
          if constexpr (Observes::is_any) observe_scores(b, h, head, scores, of_head);
          kernels::attention_pattern(head, range, scores);
          if constexpr (Observes::is_any) observe_pattern(b, h, head, scores, of_head);
          kernels::attention_values(head, range, scores, v.data() + first, z.data() + first);
        }
        if (!memory.is_recording()) continue;
        scores += size;
        of_head.next_head(size);
      }
    }
  }

  void backward(auto z, auto q, auto k, auto v) const {
    // Taken in the order in which they are written, since they may be one gradient.
    const auto dv = v.target();
    const auto dq = q.target();
    const auto dk = k.target();
    kernels::AttentionHead head = head_of(q);
    const std::size_t size = head.keys * head.pattern_row;
    Scratch scratch;
    T* dscores = scratch.allocate<T>(size);
    const T* head_pattern = pattern;
    Edits of_head = edits;
    for (std::size_t b = 0; b < q.leading(); ++b) {
      head.valid = valid[b];
      for (std::size_t h = 0; h < heads; ++h, head_pattern += size) {
        const std::size_t first = b * head.queries * head.row + h * head.width;
        const auto operand = [first](const auto& x, const auto& dx) {
          return kernels::AttentionOperand<T>{x.data() + first, dx ? dx.data + first : nullptr,
                                              dx.write};
        };
        const T* dz = z.gradient_data() + first;
        if constexpr (Observes::edits) {
          edited_backward(head, head_pattern, of_head, dz, operand(q, dq), operand(k, dk),
                          operand(v, dv), dscores);
        } else {
          kernels::attention_backward(head, scale(head), head_pattern, dz, operand(q, dq),
                                      operand(k, dk), operand(v, dv), dscores);
        }
        of_head.next_head(size);
      }
    }
  }

 private:
  void observe_scores(std::size_t b, std::size_t h, const kernels::AttentionHead& head, T* scores,
                      const Edits& edited) const {
    constexpr T hidden = -std::numeric_limits<T>::infinity();
    if constexpr (Observes::sees_scores || Observes::edits_scores)
      kernels::fill_hidden(head, hidden, scores);
    if constexpr (Observes::edits_scores) {
      std::fill_n(edited.score_slopes, head.keys * head.pattern_row, T{1});
      between.edit_scores(b, h, scores, edited.score_slopes, head.pattern_row);
      kernels::fill_hidden(head, hidden, scores);
      kernels::fill_hidden(head, T{0}, edited.score_slopes);
    }
    if constexpr (Observes::sees_scores) between.scores(b, h, scores, head.pattern_row);
  }

  void observe_pattern(std::size_t b, std::size_t h, const kernels::AttentionHead& head,
                       T* weights, const Edits& edited) const {
    const std::size_t size = head.keys * head.pattern_row;
    if constexpr (Observes::edits) std::copy_n(weights, size, edited.softmax);
    if constexpr (Observes::edits_pattern) {
      std::fill_n(edited.pattern_slopes, size, T{1});
      between.edit_pattern(b, h, weights, edited.pattern_slopes, head.pattern_row);
      kernels::fill_hidden(head, T{0}, weights);
      kernels::fill_hidden(head, T{0}, edited.pattern_slopes);
    }
    if constexpr (Observes::sees_pattern) between.pattern(b, h, weights, head.pattern_row);
  }

  // As attention_backward(), through what was done to the pattern and the scores: a gradient that
  // meets an edit is multiplied by its slope, and the softmax has its own pattern, from before.
  void edited_backward(const kernels::AttentionHead& head, const T* weights,
                       const Edits& edited, const T* dz,
                       const kernels::AttentionOperand<T>& q,
                       const kernels::AttentionOperand<T>& k,
                       const kernels::AttentionOperand<T>& v, T* dscores) const {
    const std::size_t size = head.keys * head.pattern_row;
    kernels::attention_values_backward(head, weights, dz, v, dscores);
    if constexpr (Observes::edits_pattern)
      kernels::multiply(1, size, dscores, edited.pattern_slopes, dscores);
    kernels::attention_pattern_backward(head, {0, head.queries}, scale(head), edited.softmax,
                                        dscores);
    if constexpr (Observes::edits_scores)
      kernels::multiply(1, size, dscores, edited.score_slopes, dscores);
    kernels::attention_scores_backward(head, dscores, q, k);
  }

  T scale(const kernels::AttentionHead& head) const {
    return options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<T>(head.width));
  }

  kernels::AttentionHead head_of(const AnyVariable<T>& q) const {
    const std::size_t positions = q.extent(1), features = q.extent(2);
    return {.queries = positions,
            .keys = positions,
            .width = features / heads,
            .row = features,
            .pattern_row = kernels::pattern_row<T>(positions),
            .valid = positions,
            .causal = options.causal};
  }

  // The lengths, checked and kept for the backward pass.
  const std::size_t* valid_keys(Memory& memory, std::size_t batch, std::size_t positions) const {
    auto* result = memory.allocate<std::size_t>(batch);
    for (std::size_t b = 0; b < batch; ++b) {
      const int length = lengths.data() ? lengths(b) : static_cast<int>(positions);
      if (length < 0 || static_cast<std::size_t>(length) > positions)
        fail("attention", "a length must lie between 0 and the number of positions",
             "length " + std::to_string(length) + " at " + std::to_string(b) + ", positions " +
                 std::to_string(positions));
      result[b] = static_cast<std::size_t>(length);
    }
    return result;
  }
};

[[gnu::noinline]] inline void check_attention_batches(std::size_t q, std::size_t k,
                                                      std::size_t v,
                                                      const View<const int, dynamic>& lengths) {
  const bool has_lengths = lengths.data() != nullptr;
  if (k == q && v == q && (!has_lengths || lengths.leading() == q)) return;
  fail("attention", "q, k, v and the lengths must have the same batch extent",
       std::to_string(q) + ", " + std::to_string(k) + ", " + std::to_string(v) +
           (has_lengths ? ", " + std::to_string(lengths.leading()) : ""));
}

// Whether q, k and v may have one shape (batch, position, Heads * width).
template <std::size_t Heads, class Q, class K, class V>
inline constexpr bool fit_attention = Q::rank == 3 && compatible<Q, K> && compatible<Q, V> &&
                                      Heads > 0 && Q::last % (Heads > 0 ? Heads : 1) == 0;

template <std::size_t Heads, Operand Q, Operand K, Operand V, class Observer>
auto apply_attention(const Q& q, const K& k, const V& v, const View<const int, dynamic>& lengths,
                     const AttentionOptions<element_of<Q>>& options, Observer& between) {
  constexpr bool fits = fit_attention<Heads, shape_of<Q>, shape_of<K>, shape_of<V>>;
  static_assert(fits,
                "weft: attention<Heads>(q, k, v) needs q, k and v of one shape "
                "(batch, position, Heads * width)");
  static_assert(same_real_elements<Q, K, V>,
                "weft: attention<Heads>(q, k, v) needs elements of float in all, or of double");
  if constexpr (fits && same_real_elements<Q, K, V>) {
    using T = element_of<Q>;
    using S = shape_of<Q>;
    check_attention_batches(leading_of(q), leading_of(k), leading_of(v), lengths);
    auto observer = shaped<T, S::extents[1]>(between);
    return apply_like(Attention<T, decltype(observer)>{Heads, options, lengths, observer}, q, k,
                      v);
  } else if constexpr (TapedOperand<Q>) {
    return q;
  } else {
    return tensor_of<element_of<Q>, shape_of<Q>>();
  }
}

}  // namespace detail

// Multi-head attention: z = softmax(scale q k^T + mask) v for each head (Vaswani et al. 2017,
// section 3.2).
//
// q, k, v and z are (batch, position, Heads * width), head h in features [h width, (h + 1) width).
// With lengths (batch) only the first lengths[b] positions serve as keys; a query that sees no key
// gets zeros.
//
// `between` sees or changes scores and patterns between the phases; see attention_observer.hpp.
// Plain and observed attention give the same bits.
//
// Throws Error where batch extents differ, a length is out of range, or lengths are older than the
// last reset of their tape.
template <std::size_t Heads, Operand Q, Operand K, Operand V, class Observer = NoObserver>
auto attention(const Q& q, const K& k, const V& v, AttentionOptions<element_of<Q>> options = {},
               Observer&& between = {}) {
  const View<const int, dynamic> every_position(nullptr, 0);
  return detail::apply_attention<Heads>(q, k, v, every_position, options, between);
}

template <std::size_t Heads, Operand Q, Operand K, Operand V, Operand Lengths,
          class Observer = NoObserver>
auto attention(const Q& q, const K& k, const V& v, const Lengths& lengths,
               AttentionOptions<element_of<Q>> options = {}, Observer&& between = {}) {
  static_assert(std::is_same_v<element_of<Lengths>, int> &&
                    compatible<shape_of<Lengths>, Shape<shape_of<Q>::leading>>,
                "weft: attention<Heads>(q, k, v, lengths) needs lengths of int, shape (batch)");
  if constexpr (TapedOperand<Lengths>)
    if (lengths.is_stale())
      fail("attention", "the lengths are from before the last reset of their tape");
  typename View<const int, dynamic>::Strides step{1};
  if constexpr (requires { lengths.strides(); }) step = lengths.strides();
  const View<const int, dynamic> used(lengths.data(), lengths.leading(), step);
  return detail::apply_attention<Heads>(q, k, v, used, options, between);
}

}  // namespace weft
