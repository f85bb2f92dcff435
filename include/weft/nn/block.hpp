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
    const auto attn_out = probed(probe, {"attn_out", layer}, attn(ln1(pre), probe, layer));
    if constexpr (config.mlp) {
      const auto mid = probed(probe, {"resid_mid", layer}, pre + attn_out);
      const auto mlp_out = probed(probe, {"mlp_out", layer}, mlp(ln2(mid), probe, layer));
      return probed(probe, {"resid_post", layer}, mid + mlp_out);
    } else {
      return probed(probe, {"resid_post", layer}, pre + attn_out);
    }
  }

  void visit(auto&& visitor) {
    visitor("ln1", ln1);
    visitor("attn", attn);
    visitor("ln2", ln2);
    visitor("mlp", mlp);
  }
};

}  // namespace weft::nn
