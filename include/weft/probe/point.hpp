#pragma once

#include <weft/ops/operation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// Named points of a model, where its intermediate values pass a probe.
//
// What TransformerLens calls a hook point is a Point here, with its name: "blocks.0.attn.pattern".
// What it calls a hook is a probe: any object that can be called with a point and a value. A model
// takes one as its last argument:
//
//   model(tokens, [](const Point& point, const auto& value) {       // looks
//     if (point.name == "resid_post") print(value);
//   });
//   model(tokens, [](const Point& point, auto value) {              // changes
//     return point.name == "mlp_out" && point.layer == 1 ? 0.5f * value : value;
//   });
//
// The value is a tensor, or in a differentiated run a variable of its tape. A probe that looks
// returns nothing. A probe that changes returns what the model goes on with, of the same type;
// made by operations, as above, it is differentiated like the rest of the model.
//
// The points of nn::Transformer, in the order in which they pass. batch is the number of sequences.
//
//   embed, pos_embed              (batch, position, width), (position, width)
//   blocks.N.resid_pre            (batch, position, width)       what block N reads
//   blocks.N.attn.q, .k, .v       (batch, position, head * feature)
//   blocks.N.attn.scores          (query, key) of each head      scaled, -infinity where masked
//   blocks.N.attn.pattern         (query, key) of each head      softmax of the scores
//   blocks.N.attn.z               (batch, position, head * feature)
//   blocks.N.attn.result          (batch, position, head, width) z_h W_O,h: what each head adds
//   blocks.N.attn_out             (batch, position, width)       their sum, plus the bias
//   blocks.N.resid_mid            (batch, position, width)       resid_pre + attn_out
//   blocks.N.mlp.pre, .post       (batch, position, hidden)      before and after gelu
//   blocks.N.mlp_out              (batch, position, width)
//   blocks.N.resid_post           (batch, position, width)       what block N leaves
//   ln_final                      (batch, position, width)
//   logits                        (batch, position, vocabulary)
//
// A model without a part has no points of that part. A model without MLPs has no resid_mid, as in
// TransformerLens: it would be resid_post by another name, and which of two edits of it came first
// would be hard to tell.
//
// Beyond the call a probe may have these members, each of them optional:
//
//   void see_head(const Point&, const HeadIndex&, const View<const T, N, N>& view)
//       is shown the scores and the pattern of one head of one sequence, (query, key);
//   void edit_head(const Point&, const HeadIndex&, const View<T, N, N>& view,
//                  const View<T, N, N>& slope)
//       may change them, element by element: where it makes f(x) of an element x, it multiplies
//       that element of slope by f'(x), for the backward pass;
//   bool wants(const Point&) const
//       whether it wants this point at all. attn.result is computed only for a probe that says
//       so, and heads are shown only to one that does not say otherwise;
//   void start(const PointList&)
//       is told, before each run, which points there are.
//
// Without a probe nothing of this is compiled; what may be left of a point is that its value is
// moved once, a few words whatever its size.

namespace weft::inline WEFT_TARGET {

// The layer of points that are in no block.
inline constexpr std::size_t no_layer = static_cast<std::size_t>(-1);

struct Point {
  std::string_view name;         // within its block: "attn.q"
  std::size_t layer = no_layer;  // number of the block
  std::size_t heads = 0;         // where features are those of so many heads
};

// "blocks.0.attn.q"
[[gnu::cold]] inline std::string to_string(const Point& point) {
  std::string text;
  if (point.layer != no_layer) text = "blocks." + std::to_string(point.layer) + '.';
  return text += point.name;
}

// One head of one sequence, and how many there are of both.
struct HeadIndex {
  std::size_t sequence, head;
  std::size_t sequences, heads;
};

// Sees nothing.
struct NoProbe {
  void operator()(const Point&, const auto&) const {}
};

template <class Probe>
inline constexpr bool is_no_probe = std::is_same_v<std::remove_cvref_t<Probe>, NoProbe>;

// Probes that look at the scores and patterns of attention, or change them.
template <class Probe, class T>
concept SeesHeads =
    requires(Probe& probe, const Point& point, const HeadIndex& index,
             const View<const T, 1, 1>& view) { probe.see_head(point, index, view); };
template <class Probe, class T>
concept EditsHeads =
    requires(Probe& probe, const Point& point, const HeadIndex& index,
             const View<T, 1, 1>& view) { probe.edit_head(point, index, view, view); };

// Whether a probe only looks at values of this type, and returns nothing.
template <class Probe, class X>
inline constexpr bool only_looks = std::is_void_v<decltype(std::declval<Probe&>()(
    std::declval<const Point&>(), std::declval<const std::remove_cvref_t<X>&>()))>;

// Whether a probe wants a point.
template <class Probe>
bool wants(const Probe& probe, const Point& point) {
  if constexpr (is_no_probe<Probe>) return false;
  else if constexpr (requires { probe.wants(point); }) return probe.wants(point);
  else return point.name != "attn.result";
}

// For models: passes a value by a probe, which may put another in its place.
//
//   auto q = query(x);
//   pass(probe, {"attn.q", layer, Heads}, q);
template <class Probe, class Value>
void pass(Probe& probe, const Point& point, Value& value) {
  if constexpr (is_no_probe<Probe>) {
    return;
  } else if constexpr (only_looks<Probe, Value>) {
    probe(point, std::as_const(value));
  } else {
    using Result = std::remove_cvref_t<decltype(probe(point, std::move(value)))>;
    static_assert(std::is_same_v<Result, Value>,
                  "weft: a probe must return nothing, or a value of the type it was given");
    value = probe(point, std::move(value));
  }
}

// For models: the same for a value that is someone else's; gives back the value to go on with,
// which is the value itself where the probe only looks. A view is copied for a probe, so that it
// sees tensors and variables only.
template <class Probe, class X>
decltype(auto) probed(Probe& probe, const Point& point, X&& value) {
  using Value = std::remove_cvref_t<X>;
  if constexpr (is_no_probe<Probe>) {
    return X(std::forward<X>(value));
  } else if constexpr (requires { value.strides(); }) {
    return probed(probe, point, Tensor(value));
  } else if constexpr (only_looks<Probe, X>) {
    probe(point, std::as_const(value));
    return X(std::forward<X>(value));
  } else {
    Value result(std::forward<X>(value));
    pass(probe, point, result);
    return result;
  }
}

}  // namespace weft
