#pragma once

#include <weft/nn/linear.hpp>
#include <weft/ops/add_linear.hpp>
#include <weft/ops/attention.hpp>
#include <weft/ops/head_results.hpp>
#include <weft/ops/subtract.hpp>
#include <weft/ops/sum.hpp>
#include <weft/probe/point.hpp>

namespace weft::inline WEFT_TARGET::nn {

namespace detail {

// Passes what attention shows of each head on to a probe.
template <class Probe, class T>
struct HeadObserver {
  Probe* probe;
  std::size_t layer, sequences, heads;

  template <std::size_t N>
  void scores(std::size_t sequence, std::size_t head, const View<const T, N, N>& view) const
    requires SeesHeads<Probe, T>
  {
    if (const Point at = point("attn.scores"); wants(*probe, at))
      probe->see_head(at, HeadIndex{sequence, head, sequences, heads}, view);
  }
  template <std::size_t N>
  void pattern(std::size_t sequence, std::size_t head, const View<const T, N, N>& view) const
    requires SeesHeads<Probe, T>
  {
    if (const Point at = point("attn.pattern"); wants(*probe, at))
      probe->see_head(at, HeadIndex{sequence, head, sequences, heads}, view);
  }
  template <std::size_t N>
  void edit_scores(std::size_t sequence, std::size_t head, const View<T, N, N>& view,
                   const View<T, N, N>& slope) const
    requires EditsHeads<Probe, T>
  {
    if (const Point at = point("attn.scores"); wants(*probe, at))
      probe->edit_head(at, HeadIndex{sequence, head, sequences, heads}, view, slope);
  }
  template <std::size_t N>
  void edit_pattern(std::size_t sequence, std::size_t head, const View<T, N, N>& view,
                    const View<T, N, N>& slope) const
    requires EditsHeads<Probe, T>
  {
    if (const Point at = point("attn.pattern"); wants(*probe, at))
      probe->edit_head(at, HeadIndex{sequence, head, sequences, heads}, view, slope);
  }

 private:
  Point point(std::string_view name) const { return {name, layer, heads}; }
};

}  // namespace detail

// Multi-head attention of each position to itself and those before it:
//   output(concat over heads of softmax(q k^T / sqrt(Width / Heads) + causal mask) v),
// with q, k and v linear in x. x and the result: (batch, position, Width). Vaswani et al. 2017,
// section 3.2.
//
// Points, see probe/point.hpp: "attn.q", "attn.k", "attn.v", "attn.scores", "attn.pattern",
// "attn.z", "attn.result".
template <std::size_t Width, std::size_t Heads, bool Bias = true, class T = float>
struct CausalSelfAttention {
  static_assert(Heads > 0 && Width % (Heads > 0 ? Heads : 1) == 0,
                "weft: the width of attention must be a multiple of its number of heads");
  using element_type = T;

  Linear<Width, Width, Bias, T> query, key, value, output;

  template <class X, class Probe = NoProbe>
  auto operator()(const X& x, Probe&& probe = Probe{}, std::size_t layer = no_layer) const {
    const auto z = heads(x, probe, layer);
    if constexpr (!is_no_probe<Probe>)
      if (const Point point{"attn.result", layer, Heads}; wants(probe, point))
        return output_by_head(z, probe, point);
    return output(z);
  }

  // residual + (*this)(x), to the bit, where no probe looks at the second.
  auto added_to(const auto& residual, const auto& x) const {
    NoProbe none;
    const auto z = heads(x, none, no_layer);
    if constexpr (Bias) return residual + output(z);
    else return add_linear(residual, z, output.weight);
  }

  void visit(auto&& visitor) {
    visitor("query", query);
    visitor("key", key);
    visitor("value", value);
    visitor("output", output);
  }

 private:
  // z of all heads, (batch, position, Heads * feature).
  template <class X, class Probe>
  auto heads(const X& x, Probe& probe, std::size_t layer) const {
    auto q = query(x), k = key(x), v = value(x);
    pass(probe, {"attn.q", layer, Heads}, q);
    pass(probe, {"attn.k", layer, Heads}, k);
    pass(probe, {"attn.v", layer, Heads}, v);
    auto z = attend(q, k, v, probe, layer);
    pass(probe, {"attn.z", layer, Heads}, z);
    return z;
  }

  template <class Q, class Probe>
  static auto attend(const Q& q, const Q& k, const Q& v, Probe& probe, std::size_t layer) {
    if constexpr (SeesHeads<Probe, T> || EditsHeads<Probe, T>)
      if (wants(probe, {"attn.scores", layer, Heads}) ||
          wants(probe, {"attn.pattern", layer, Heads})) {
        using Observer = detail::HeadObserver<Probe, T>;
        return attention<Heads>(q, k, v, {}, Observer{&probe, layer, leading_of(q), Heads});
      }
    return attention<Heads>(q, k, v);
  }

  // output(z), plus what a probe changed of the results of the heads: where it changed nothing, the
  // bits are those of output(z).
  template <class Z, class Probe>
  auto output_by_head(const Z& z, Probe& probe, const Point& point) const {
    const auto results = head_results<Heads>(z, output.weight);
    if constexpr (only_looks<Probe, decltype(results)>) {
      probe(point, results);
      return output(z);
    } else {
      const auto changed = probed(probe, point, results);
      return output(z) + sum<2>(changed - results);
    }
  }
};

}  // namespace weft::nn
