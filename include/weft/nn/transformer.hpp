#pragma once

#include <weft/nn/block.hpp>
#include <weft/nn/embedding.hpp>
#include <weft/nn/positions.hpp>
#include <weft/nn/transformer_init.hpp>
#include <weft/ops/add.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/slice.hpp>
#include <weft/probe/point_name.hpp>

#include <array>

namespace weft::inline WEFT_TARGET::nn {

// A decoder-only transformer: token ids (batch, position) to logits (batch, position, vocabulary).
//   h = embed(tokens) + positions;   h = block(h) for each layer;   logits = unembed(ln_final(h)).
// Sequences may be shorter than config.positions. Throws Error where an id is not in the
// vocabulary.
//
//   const Model model = init<Model>(random);
//   auto logits = model(tokens);                  // forward only
//   auto logits = model(tape.constant(tokens));   // recorded, for backward
//   model(tokens, probe);                         // see probe/point.hpp
//
// Starts as GPT-2; see TransformerInit.
template <TransformerConfig config, class T = float>
struct Transformer {
  static_assert(config.vocabulary > 0 && config.positions > 0 && config.width > 0,
                "weft: a transformer needs a vocabulary, positions and a width");
  using element_type = T;
  using LearnedPositions = Embedding<config.positions, config.width, T>;
  using FixedPositions = SinusoidalPositions<config.positions, config.width, T>;
  using PositionEmbedding = std::conditional_t<
      config.position_encoding == Positions::learned, LearnedPositions,
      Optional<config.position_encoding == Positions::sinusoidal, FixedPositions>>;

  Embedding<config.vocabulary, config.width, T> embed;
  [[no_unique_address]] PositionEmbedding pos_embed;
  std::array<Block<config, T>, config.layers> blocks;
  [[no_unique_address]] Optional<config.norm, LayerNorm<config.width, config.bias, T>> ln_final;
  [[no_unique_address]] Optional<!config.tied, Linear<config.width, config.vocabulary, false, T>>
      unembed;

  template <Operand Tokens, class Probe = NoProbe>
  auto operator()(const Tokens& tokens, Probe&& probe = Probe{}) const {
    using S = shape_of<Tokens>;
    constexpr bool fits = S::rank == 2 && S::last <= config.positions;
    static_assert(fits,
                  "weft: a transformer needs tokens of shape (batch, position), with at most "
                  "config.positions positions");
    if constexpr (fits) {
      if constexpr (requires { probe.start(points()); }) probe.start(points());
      const auto h = residual_stream(tokens, probe);
      if constexpr (config.norm) {
        auto normalized = ln_final(h);
        pass(probe, {"ln_final"}, normalized);
        return logits_at(probe, normalized);
      } else {
        return logits_at(probe, h);
      }
    } else {
      return unembedded(embed(tokens));
    }
  }

  // What the last block leaves, (batch, position, width): the logits are logits_of() it, which some
  // of its positions may be enough for.
  template <Operand Tokens>
  auto residual_stream(const Tokens& tokens) const {
    NoProbe none;
    return residual_stream(tokens, none);
  }

  // The logits that a residual stream (batch, position, width) leads to: unembed(ln_final(h)).
  auto logits_of(const auto& h) const { return unembedded(ln_final(h)); }

  // The points of this model; see probe/point.hpp.
  static PointList points() {
    PointList list{{"embed"}, config.layers};
    const auto add = [&](bool present, std::initializer_list<std::string_view> names) {
      if (!present) return;
      for (std::string_view name : names) list.names.push_back(name);
    };
    add(config.position_encoding != Positions::none, {"pos_embed"});
    add(true, {"blocks.*.resid_pre", "blocks.*.attn.q", "blocks.*.attn.k", "blocks.*.attn.v",
               "blocks.*.attn.scores", "blocks.*.attn.pattern", "blocks.*.attn.z",
               "blocks.*.attn.result", "blocks.*.attn_out"});
    add(config.mlp, {"blocks.*.resid_mid", "blocks.*.mlp.pre", "blocks.*.mlp.post",
                     "blocks.*.mlp_out"});
    add(true, {"blocks.*.resid_post"});
    add(config.norm, {"ln_final"});
    add(true, {"logits"});
    return list;
  }

  void initialize(const Random& random) {
    TransformerInit::gpt2(config.layers).fill<T>(parameters_of(*this), random);
  }

  void visit(auto&& visitor) {
    visitor("embed", embed);
    visitor("pos_embed", pos_embed);
    visitor("blocks", blocks);
    visitor("ln_final", ln_final);
    visitor("unembed", unembed);
  }

 private:
  template <class Tokens, class Probe>
  auto residual_stream(const Tokens& tokens, Probe& probe) const {
    auto h = embed(tokens);
    pass(probe, {"embed"}, h);
    if constexpr (config.position_encoding != Positions::none)
      h = h + probed(probe, {"pos_embed"}, position_vectors<shape_of<Tokens>::last>(h));
    std::size_t layer = 0;
    for (const auto& block : blocks) h = block(h, probe, layer++);
    return h;
  }

  template <class Probe, class H>
  auto logits_at(Probe& probe, const H& h) const {
    auto logits = unembedded(h);
    pass(probe, {"logits"}, logits);
    return logits;
  }

  // The vectors of the first Count positions, (position, width), on the tape of h if it has one.
  template <std::size_t Count, class H>
  auto position_vectors(const H& h) const {
    constexpr bool is_learned = config.position_encoding == Positions::learned;
    if constexpr (is_learned && TapedOperand<H>) {
      const auto all = h.tape()->parameter(pos_embed.weight);
      if constexpr (Count == config.positions) return all;
      else return slice<0, 0, Count>(all);
    } else if constexpr (is_learned) {
      return pos_embed.weight.value.view().template slice<0, 0, Count>();
    } else {
      return pos_embed.weight.view().template slice<0, 0, Count>();
    }
  }

  template <class H>
  auto unembedded(const H& h) const {
    if constexpr (config.tied) return matmul<Transpose::right>(h, embed.weight);
    else return unembed(h);
  }
};

}  // namespace weft::nn
