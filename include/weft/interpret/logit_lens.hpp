#pragma once

#include <weft/nn/transformer.hpp>

#include <vector>

namespace weft::inline WEFT_TARGET {

namespace detail {

// Keeps the logits that the residual stream would lead to if the model ended there.
template <std::size_t width, class Model, class Logits>
struct LensProbe {
  const Model& model;
  std::vector<Logits>& logits;

  void operator()(const Point& point, const auto& value) const {
    const bool is_stream = (point.name == "resid_pre" && point.layer == 0) ||
                           point.name == "resid_post";
    using S = shape_of<decltype(value)>;
    if constexpr (S::rank == 3 && S::last == width)
      if (is_stream) logits.push_back(model.logits_of(value));
  }
};

}  // namespace detail

// The logit lens: the final norm and the unembedding, applied to the residual stream before the
// first block and after every one. nostalgebraist 2020, "Interpreting GPT: the logit lens".
//
// tokens (batch, position); element l of the result is (batch, position, vocabulary), after l
// blocks. The last one is what the model itself gives, bit for bit.
template <nn::TransformerConfig config, class T, class Tokens>
auto logit_lens(const nn::Transformer<config, T>& model, const Tokens& tokens) {
  using Logits = decltype(model(tokens));
  using Probe = detail::LensProbe<config.width, nn::Transformer<config, T>, Logits>;
  static_assert(!TapedOperand<Logits>, "weft: the logit lens runs forward only");
  std::vector<Logits> logits;
  model(tokens, Probe{model, logits});
  return logits;
}

}  // namespace weft
