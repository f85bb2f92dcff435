#pragma once

#include <weft/core/parallel.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/probe/edit.hpp>

// A measure of many runs, each with one edit: by layer and position, or by layer and head.
//
// A metric is a function of the logits (batch, position, vocabulary) of a run that gives a number:
//
//   const auto metric = [&](const auto& logits) { return mean of the answers' logits; };
//
// Runs are spread over threads, of which the result does not depend; the metric must allow to be
// called from several at a time.

namespace weft::inline WEFT_TARGET::detail::inline WEFT_THREADS {

// result(layer, column) = metric of the run with the edit that make_edit(layer, column) gives.
template <std::size_t Columns, nn::TransformerConfig config, class T, class Tokens, class Metric,
          class MakeEdit>
Tensor<double, config.layers, Columns> sweep(const nn::Transformer<config, T>& model,
                                             const Tokens& tokens, const Metric& metric,
                                             int threads, const MakeEdit& make_edit) {
  Tensor<double, config.layers, Columns> result;
  parallel_for(result.size(), threads, [&](std::size_t index, int) {
    const Edit<T> edit = make_edit(index / Columns, index % Columns);
    result.data()[index] = static_cast<double>(metric(model(tokens, edit)));
  });
  return result;
}

}  // namespace weft::detail

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// Activation patching: the metric of a run on `tokens` where one position of one layer's value is
// taken from a cache of another run, for every layer and position. Meng et al. 2022, "Locating and
// editing factual associations", section 2.1; as get_act_patch_resid_pre of TransformerLens.
//
//   Cache clean({"blocks.*.resid_pre"});
//   model(clean_tokens, clean);
//   auto effects = patch_positions(model, corrupted_tokens, "resid_pre", clean, metric);
//
// `name` is that of a point within a block. tokens is (batch, position), as the cached run's was;
// the result is (layer, position). Throws Error as Edit does.
template <nn::TransformerConfig config, class T, class Tokens, class Metric>
auto patch_positions(const nn::Transformer<config, T>& model, const Tokens& tokens,
                     const std::string& name, const Cache<T>& clean, const Metric& metric,
                     int threads = default_threads()) {
  return detail::sweep<shape_of<Tokens>::last>(
      model, tokens, metric, threads, [&](std::size_t layer, std::size_t position) {
        Edit<T> edit;
        edit.replace({.point = "blocks.*." + name, .layers = {layer}, .positions = {position}},
                     clean);
        return edit;
      });
}

// The same for every layer and head: one head of "attn.z", "attn.q", "attn.pattern" and so on, at
// all positions. The result is (layer, head).
template <nn::TransformerConfig config, class T, class Tokens, class Metric>
auto patch_heads(const nn::Transformer<config, T>& model, const Tokens& tokens,
                 const std::string& name, const Cache<T>& clean, const Metric& metric,
                 int threads = default_threads()) {
  return detail::sweep<config.heads>(
      model, tokens, metric, threads, [&](std::size_t layer, std::size_t head) {
        Edit<T> edit;
        edit.replace({.point = "blocks.*." + name, .layers = {layer}, .heads = {head}}, clean);
        return edit;
      });
}

// Zero ablation: the metric of a run without one head, for every layer and head.
template <nn::TransformerConfig config, class T, class Tokens, class Metric>
auto ablate_heads(const nn::Transformer<config, T>& model, const Tokens& tokens,
                  const Metric& metric, int threads = default_threads()) {
  return detail::sweep<config.heads>(
      model, tokens, metric, threads, [&](std::size_t layer, std::size_t head) {
        Edit<T> edit;
        edit.scale({.point = "blocks.*.attn.z", .layers = {layer}, .heads = {head}}, T{0});
        return edit;
      });
}

// Mean ablation: the same where a head gives what it gives on average, at each position, instead of
// nothing. `means` is what mean_over_sequences() makes of a cache of "blocks.*.attn.z", on inputs
// that stand for the distribution.
template <nn::TransformerConfig config, class T, class Tokens, class Metric>
auto ablate_heads(const nn::Transformer<config, T>& model, const Tokens& tokens,
                  const Cache<T>& means, const Metric& metric, int threads = default_threads()) {
  return patch_heads(model, tokens, "attn.z", means, metric, threads);
}

}  // namespace weft
