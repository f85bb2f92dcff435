#pragma once

#include <weft/kernels/attention.hpp>
#include <weft/ops/operation.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET {

template <class T>
struct AttentionOptions {
  bool causal = true;  // a position sees itself and those before it
  T scale = 0;         // of the scores; 0 means 1 / sqrt(width)
};

// Looks at nothing between the phases of attention(), and costs nothing.
struct NoObserver {};

namespace detail {

// Shows an observer what lies in plain memory, as views of the shape it expects; row is the number
// of elements from one key to the next, or, for z, from one position to the next.
template <class T, std::size_t Positions, std::size_t Width, class Observer>
struct ShapedObserver {
  using Pattern = View<T, Positions, Positions>;
  using Z = View<T, Positions, Width>;
  Observer* observer;

  void scores(std::size_t b, std::size_t h, T* data, std::size_t row) const
    requires requires(Observer& o, Pattern view) { o.scores(std::size_t{}, std::size_t{}, view); }
  {
    observer->scores(b, h, Pattern(data, Positions, {1, row}));
  }
  void pattern(std::size_t b, std::size_t h, T* data, std::size_t row) const
    requires requires(Observer& o, Pattern view) { o.pattern(std::size_t{}, std::size_t{}, view); }
  {
    observer->pattern(b, h, Pattern(data, Positions, {1, row}));
  }
  void z(std::size_t b, std::size_t h, T* data, std::size_t row) const
    requires requires(Observer& o, Z view) { o.z(std::size_t{}, std::size_t{}, view); }
  {
    observer->z(b, h, Z(data, Positions, {row, 1}));
  }
};

// Without an observer all shapes give one type.
template <class T, std::size_t Positions, std::size_t Width, class Observer>
auto shaped(Observer& observer) {
  if constexpr (std::is_same_v<const Observer, const NoObserver>) return observer;
  else return ShapedObserver<T, Positions, Width, Observer>{&observer};
}

template <class T, class Observer>
struct Attention {
  static constexpr const char* name = "attention";

  std::size_t heads;
  AttentionOptions<T> options;
  View<const int, dynamic> lengths;  // without data where every position is valid
  Observer between;                  // used by the forward pass only
  const std::size_t* valid = nullptr;  // keys in use, per batch element
  const T* pattern = nullptr;          // (batch, head, key, query), rows padded

  void forward(Memory& memory, auto z, auto q, auto k, auto v) {
    const std::size_t batch = q.leading();
    valid = valid_keys(memory, batch, q.extent(1));
    kernels::AttentionHead head = head_of(q);
    const std::size_t size = head.keys * head.pattern_row;
    // All queries at once for an observer of whole patterns; else a part at a time, which stays in
    // the cache. The bits are the same.
    constexpr bool is_observed = requires(T* p) { between.scores(0, 0, p, 0); } ||
                                 requires(T* p) { between.pattern(0, 0, p, 0); };
    const std::size_t step = is_observed ? head.queries : kernels::attention_range;
    T* scores = memory.allocate<T>(memory.is_recording() ? batch * heads * size : size);
    pattern = scores;
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
          if constexpr (requires { between.scores(b, h, scores, head.pattern_row); }) {
            kernels::mask_scores(head, scores);
            between.scores(b, h, scores, head.pattern_row);
          }
          kernels::attention_pattern(head, range, scores);
          if constexpr (requires { between.pattern(b, h, scores, head.pattern_row); })
            between.pattern(b, h, scores, head.pattern_row);
          kernels::attention_values(head, range, scores, v.data() + first, z.data() + first);
        }
        if constexpr (requires { between.z(b, h, z.data() + first, head.row); })
          between.z(b, h, z.data() + first, head.row);
        if (memory.is_recording()) scores += size;
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
    for (std::size_t b = 0; b < q.leading(); ++b) {
      head.valid = valid[b];
      for (std::size_t h = 0; h < heads; ++h, head_pattern += size) {
        const std::size_t first = b * head.queries * head.row + h * head.width;
        const auto operand = [first](const auto& x, const auto& dx) {
          return kernels::AttentionOperand<T>{x.data() + first, dx ? dx.data + first : nullptr,
                                              dx.write};
        };
        kernels::attention_backward(head, scale(head), head_pattern, z.gradient_data() + first,
                                    operand(q, dq), operand(k, dk), operand(v, dv), dscores);
      }
    }
  }

 private:
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
             "length " + std::to_string(length) + ", positions " + std::to_string(positions));
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
  if constexpr (fits) {
    using T = element_of<Q>;
    using S = shape_of<Q>;
    check_attention_batches(leading_of(q), leading_of(k), leading_of(v), lengths);
    auto observer = shaped<T, S::extents[1], S::last / Heads>(between);
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
// `between` is looked up at compile time for the members
//
//   scores(batch, head, View<T, N, N>)     scale q k^T, -infinity where masked     (query, key)
//   pattern(batch, head, View<T, N, N>)    after the softmax                       (query, key)
//   z(batch, head, View<T, N, width>)      one head's result
//
// which are called as soon as each is there, and may change it: what follows uses the changed
// values. Where the mask hides a key, the pattern must stay zero. The backward pass takes the
// pattern as it was left, as if it had come from the softmax, and other changes as constants added.
// Plain and observed attention give the same bits.
//
// Throws Error where batch extents differ or a length is out of range.
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
  typename View<const int, dynamic>::Strides step{1};
  if constexpr (requires { lengths.strides(); }) step = lengths.strides();
  const View<const int, dynamic> used(lengths.data(), lengths.leading(), step);
  return detail::apply_attention<Heads>(q, k, v, used, options, between);
}

}  // namespace weft
