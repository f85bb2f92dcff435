#pragma once

#include <weft/core/view.hpp>

// Who looks between the phases of attention(): scores, softmax, values. An observer is looked up at
// compile time for the members
//
//   scores(batch, head, View<const T, N, N>)     scale q k^T, -infinity where masked  (query, key)
//   pattern(batch, head, View<const T, N, N>)    after the softmax                    (query, key)
//
// which look, as soon as each is there, and for
//
//   edit_scores(batch, head, View<T, N, N>, View<T, N, N> slope)
//   edit_pattern(batch, head, View<T, N, N>, View<T, N, N> slope)
//
// which change before the others look. What follows uses the changed values. An edit works element
// by element: where it makes f(x) of x it multiplies that element of slope, which starts as 1, by
// f'(x), and the backward pass multiplies the gradient by it. What the mask hides stays -infinity
// in the scores and zero in the pattern. Without an observer none of this is compiled.

namespace weft::inline WEFT_TARGET {

// Looks at nothing between the phases of attention().
struct NoObserver {};

namespace detail {

// Shows an observer what lies in plain memory, as views of the shape it expects; row is the number
// of elements from one key to the next.
template <class T, std::size_t Positions, class Observer>
struct ShapedObserver {
  using Pattern = View<T, Positions, Positions>;
  using Seen = View<const T, Positions, Positions>;
  Observer* observer;

  void scores(std::size_t b, std::size_t h, const T* data, std::size_t row) const
    requires requires(Observer& o, Seen view) { o.scores(std::size_t{}, std::size_t{}, view); }
  {
    observer->scores(b, h, Seen(data, Positions, {1, row}));
  }
  void pattern(std::size_t b, std::size_t h, const T* data, std::size_t row) const
    requires requires(Observer& o, Seen view) { o.pattern(std::size_t{}, std::size_t{}, view); }
  {
    observer->pattern(b, h, Seen(data, Positions, {1, row}));
  }
  void edit_scores(std::size_t b, std::size_t h, T* data, T* slope, std::size_t row) const
    requires requires(Observer& o, Pattern view) {
      o.edit_scores(std::size_t{}, std::size_t{}, view, view);
    }
  {
    observer->edit_scores(b, h, Pattern(data, Positions, {1, row}),
                          Pattern(slope, Positions, {1, row}));
  }
  void edit_pattern(std::size_t b, std::size_t h, T* data, T* slope, std::size_t row) const
    requires requires(Observer& o, Pattern view) {
      o.edit_pattern(std::size_t{}, std::size_t{}, view, view);
    }
  {
    observer->edit_pattern(b, h, Pattern(data, Positions, {1, row}),
                           Pattern(slope, Positions, {1, row}));
  }
};

// What an observer does with scores and patterns.
template <class T, class Observer>
struct ObserverTraits {
  static constexpr bool sees_scores =
      requires(const Observer& o, const T* p) { o.scores(0, 0, p, 0); };
  static constexpr bool sees_pattern =
      requires(const Observer& o, const T* p) { o.pattern(0, 0, p, 0); };
  static constexpr bool edits_scores =
      requires(const Observer& o, T* p) { o.edit_scores(0, 0, p, p, 0); };
  static constexpr bool edits_pattern =
      requires(const Observer& o, T* p) { o.edit_pattern(0, 0, p, p, 0); };
  static constexpr bool edits = edits_scores || edits_pattern;
  static constexpr bool is_any = sees_scores || sees_pattern || edits;
};

// What the backward pass needs of edits besides the pattern as they left it: of each head the
// pattern as the softmax left it, and the slopes of what was done to scores and pattern.
template <class T, bool Any>
struct AttentionEdits {
  void next_head(std::size_t) {}
};
template <class T>
struct AttentionEdits<T, true> {
  T* softmax = nullptr;
  T* score_slopes = nullptr;
  T* pattern_slopes = nullptr;

  void next_head(std::size_t size) {
    softmax += size;
    score_slopes += size;
    pattern_slopes += size;
  }
};

// Without an observer all shapes give one type.
template <class T, std::size_t Positions, class Observer>
auto shaped(Observer& observer) {
  if constexpr (std::is_same_v<const Observer, const NoObserver>) return observer;
  else return ShapedObserver<T, Positions, Observer>{&observer};
}

}  // namespace detail

}  // namespace weft
