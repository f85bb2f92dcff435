#pragma once

#include "task.hpp"

#include <weft/nn/block.hpp>
#include <weft/nn/embedding.hpp>
#include <weft/nn/linear.hpp>
#include <weft/nn/positions.hpp>
#include <weft/nn/transformer_init.hpp>
#include <weft/ops/concat.hpp>
#include <weft/ops/reshape.hpp>
#include <weft/ops/slice.hpp>
#include <weft/probe/point_name.hpp>

#include <array>
#include <cmath>

namespace context_vs_weights {

// How a stimulus and its label enter the model: as the sum of their embeddings, one token, or as
// two tokens, the label after its stimulus. The query has no label.
enum class TokenForm { paired, interleaved };

struct ClassifierConfig {
  std::size_t items = 0;  // of a sequence, the query last
  std::size_t width = 0, heads = 0, layers = 0;
  TokenForm form = TokenForm::paired;
  weft::nn::Positions position_encoding = weft::nn::Positions::learned;

  constexpr std::size_t tokens() const {
    return form == TokenForm::paired ? items : 2 * items - 1;
  }
  constexpr weft::nn::TransformerConfig transformer() const {
    return {.vocabulary = classes,
            .positions = tokens(),
            .width = width,
            .heads = heads,
            .layers = layers,
            .position_encoding = position_encoding};
  }

  bool operator==(const ClassifierConfig&) const = default;
};

// A causal transformer over continuous stimuli: stimuli (batch, item, number) and labels (batch,
// item) to the logits of the query's label (batch, class).
//   paired:       h_i = W s_i + embed(l_i) + p_i
//   interleaved:  h_2i = W s_i + p_2i,  h_2i+1 = embed(l_i) + p_2i+1
//   logits = unembed(ln_final(h)) at the last token, after h = block(h) for each layer.
// A probe sees the attention of each block; see probe/point.hpp.
template <ClassifierConfig config>
struct Classifier {
  using element_type = float;
  static constexpr std::size_t items = config.items, width = config.width;
  static constexpr std::size_t tokens = config.tokens();
  static constexpr weft::nn::TransformerConfig transformer = config.transformer();
  static constexpr bool is_learned = config.position_encoding == weft::nn::Positions::learned;
  // With wavelengths up to 2 pi 30 tokens, as Chan et al. 2022, arXiv 2205.05055, have them.
  using FixedPositions = weft::nn::SinusoidalPositions<tokens, width, float, 30>;
  using Positions = std::conditional_t<is_learned, weft::nn::Embedding<tokens, width>,
                                       FixedPositions>;

  weft::nn::Linear<stimulus_size, width, false> encode;
  weft::nn::Embedding<static_cast<std::size_t>(no_label) + 1, width> embed;
  Positions pos_embed;
  std::array<weft::nn::Block<transformer>, config.layers> blocks;
  weft::nn::LayerNorm<width> ln_final;
  weft::nn::Linear<width, static_cast<std::size_t>(classes), false> unembed;

  template <class Stimuli, class ItemLabels, class Probe = weft::NoProbe>
  auto operator()(const Stimuli& stimuli, const ItemLabels& labels,
                  Probe&& probe = Probe{}) const {
    if constexpr (requires { probe.start(points()); }) probe.start(points());
    auto h = embedded(encode(stimuli), embed(labels)) + pos_embed.weight;
    constexpr std::size_t last = config.layers - 1;
    for (std::size_t layer = 0; layer < last; ++layer) h = blocks[layer](h, probe, layer);
    return unembed(ln_final(last_token(blocks[last], h, probe, last)));
  }

  static weft::PointList points() {
    return {{"blocks.*.attn.q", "blocks.*.attn.k", "blocks.*.attn.v", "blocks.*.attn.scores",
             "blocks.*.attn.pattern", "blocks.*.attn.z"},
            config.layers};
  }

  void visit(auto&& visitor) {
    visitor("encode", encode);
    visitor("embed", embed);
    visitor("pos_embed", pos_embed);
    visitor("blocks", blocks);
    visitor("ln_final", ln_final);
    visitor("unembed", unembed);
  }

 private:
  // What a block makes of the last token, (batch, token, width) to (batch, width): the same as
  // nn::Block, without the MLP of tokens that nothing reads.
  template <class H, class Probe>
  static auto last_token(const weft::nn::Block<transformer>& block, const H& h, Probe& probe,
                         std::size_t layer) {
    const auto last = [](const auto& x) {
      return weft::reshape<weft::dynamic, width>(weft::slice<1, tokens - 1, 1>(x));
    };
    const auto mid = last(h) + last(block.attn(block.ln1(h), probe, layer));
    return mid + block.mlp(block.ln2(mid));
  }

  // (batch, item, width) twice to (batch, token, width).
  template <class Encoded, class Embedded>
  static auto embedded(const Encoded& stimuli, const Embedded& labels) {
    if constexpr (config.form == TokenForm::paired) {
      return stimuli + labels;
    } else {
      const auto by_turns = weft::reshape<weft::dynamic, 2 * items, width>(
          weft::concat<2>(stimuli, labels));
      return weft::slice<1, 0, tokens>(by_turns);  // without the query's label
    }
  }
};

}  // namespace context_vs_weights
