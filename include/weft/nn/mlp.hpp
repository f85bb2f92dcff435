#pragma once

#include <weft/nn/linear.hpp>
#include <weft/ops/gelu.hpp>
#include <weft/probe/point.hpp>

namespace weft::inline WEFT_TARGET::nn {

// y = out(gelu(in(x))): x and y (..., Width), Hidden features between them.
// Points, see probe/point.hpp: "mlp.pre" before and "mlp.post" after gelu.
template <std::size_t Width, std::size_t Hidden, bool Bias = true, class T = float>
struct Mlp {
  using element_type = T;

  Linear<Width, Hidden, Bias, T> in;
  Linear<Hidden, Width, Bias, T> out;

  template <class X, class Probe = NoProbe>
  auto operator()(const X& x, Probe&& probe = Probe{}, std::size_t layer = no_layer) const {
    auto pre = in(x);
    pass(probe, {"mlp.pre", layer}, pre);
    auto post = gelu(pre);
    pass(probe, {"mlp.post", layer}, post);
    return out(post);
  }

  void visit(auto&& visitor) {
    visitor("in", in);
    visitor("out", out);
  }
};

}  // namespace weft::nn
