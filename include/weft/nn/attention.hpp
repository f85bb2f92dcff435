#pragma once

#include <weft/nn/linear.hpp>
#include <weft/nn/probe.hpp>
#include <weft/ops/attention.hpp>

namespace weft::inline WEFT_TARGET::nn {

namespace detail {

// Passes what attention shows of each head on to a probe.
template <class Probe>
struct HeadObserver {
  Probe& probe;
  std::size_t layer;

  void scores(std::size_t batch, std::size_t head, const auto& view) const {
    probe("attn.scores", layer, batch, head, view);
  }
  void pattern(std::size_t batch, std::size_t head, const auto& view) const {
    probe("attn.pattern", layer, batch, head, view);
  }
};

template <class Probe, class T>
concept SeesHeads = requires(Probe& probe, const View<T, 1, 1>& view) {
  probe("attn.pattern", std::size_t{}, std::size_t{}, std::size_t{}, view);
};

}  // namespace detail

// Multi-head attention of each position to itself and those before it:
//   output(concat over heads of softmax(q k^T / sqrt(Width / Heads) + causal mask) v),
// with q, k and v linear in x. x and the result: (batch, position, Width). Vaswani et al. 2017,
// section 3.2.
//
// Points: "attn.q", "attn.k", "attn.v", "attn.z" (batch, position, head * feature), and per head
// "attn.scores" (scaled and masked) and "attn.pattern" (query, key).
template <std::size_t Width, std::size_t Heads, bool Bias = true, class T = float>
struct CausalSelfAttention {
  static_assert(Heads > 0 && Width % (Heads > 0 ? Heads : 1) == 0,
                "weft: the width of attention must be a multiple of its number of heads");
  using element_type = T;

  Linear<Width, Width, Bias, T> query, key, value, output;

  template <class X, class Probe = NoProbe>
  auto operator()(const X& x, Probe&& probe = Probe{}, std::size_t layer = no_layer) const {
    const auto q = query(x), k = key(x), v = value(x);
    probe("attn.q", layer, q);
    probe("attn.k", layer, k);
    probe("attn.v", layer, v);
    const auto z = attend(q, k, v, probe, layer);
    probe("attn.z", layer, z);
    return output(z);
  }

  void visit(auto&& visitor) {
    visitor("query", query);
    visitor("key", key);
    visitor("value", value);
    visitor("output", output);
  }

 private:
  template <class Q, class Probe>
  static auto attend(const Q& q, const Q& k, const Q& v, Probe& probe, std::size_t layer) {
    if constexpr (detail::SeesHeads<Probe, T>)
      return attention<Heads>(q, k, v, {}, detail::HeadObserver<Probe>{probe, layer});
    else
      return attention<Heads>(q, k, v);
  }
};

}  // namespace weft::nn
