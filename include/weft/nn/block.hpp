#pragma once

#include <weft/nn/attention.hpp>
#include <weft/nn/layer_norm.hpp>
#include <weft/nn/mlp.hpp>
#include <weft/nn/transformer_config.hpp>
#include <weft/ops/add.hpp>

namespace weft::inline WEFT_TARGET::nn {

// One layer of a transformer, with the norms first:
//   mid = x + attn(ln1(x)),   post = mid + mlp(ln2(mid)).
// x and the result: (batch, position, width). Parts switched off in the config are left out.
//
// Points, see probe/point.hpp: "resid_pre", those of the attention, "attn_out", "resid_mid", those
// of the MLP, "mlp_out", "resid_post". Without an MLP the middle is the end, and is only called
// "resid_post".
template <TransformerConfig config, class T = float>
struct Block {
  using element_type = T;
  using Norm = Optional<config.norm, LayerNorm<config.width, config.bias, T>>;

  [[no_unique_address]] Norm ln1;
  CausalSelfAttention<config.width, config.heads, config.bias, T> attn;
  [[no_unique_address]] Optional<config.mlp, Norm> ln2;
  [[no_unique_address]] Optional<config.mlp, Mlp<config.width, config.hidden(), config.bias, T>>
      mlp;

  template <class X, class Probe = NoProbe>
  auto operator()(const X& x, Probe&& probe = Probe{}, std::size_t layer = no_layer) const {
    const auto& pre = probed(probe, {"resid_pre", layer}, x);
    auto mid = with_attention(pre, probe, layer);
    if constexpr (config.mlp) {
      pass(probe, {"resid_mid", layer}, mid);
      auto mlp_out = mlp(ln2(mid), probe, layer);
      pass(probe, {"mlp_out", layer}, mlp_out);
      auto post = mid + mlp_out;
      pass(probe, {"resid_post", layer}, post);
      return post;
    } else {
      pass(probe, {"resid_post", layer}, mid);
      return mid;
    }
  }

  void visit(auto&& visitor) {
    visitor("ln1", ln1);
    visitor("attn", attn);
    visitor("ln2", ln2);
    visitor("mlp", mlp);
  }

 private:
  // pre + attn(ln1(pre)), in one where no probe looks at the second.
  template <class X, class Probe>
  auto with_attention(const X& pre, Probe& probe, std::size_t layer) const {
    if constexpr (is_no_probe<Probe>) {
      return attn.added_to(pre, ln1(pre));
    } else {
      auto attn_out = attn(ln1(pre), probe, layer);
      pass(probe, {"attn_out", layer}, attn_out);
      return pre + attn_out;
    }
  }
};

}  // namespace weft::nn
