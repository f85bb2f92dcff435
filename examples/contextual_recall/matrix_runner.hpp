#pragma once

#include "matrix_transformer.hpp"
#include "model.hpp"

#include <weft/io/safetensors.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/train/microbatches.hpp>

#include <algorithm>
#include <cmath>

namespace contextual_recall {

namespace detail {

inline void copy_matrix(const Matrix& from, double factor, float* to, std::size_t row) {
  for (std::size_t i = 0; i < from.shape(0); ++i)
    for (std::size_t j = 0; j < from.shape(1); ++j)
      to[i * row + j] = static_cast<float>(factor * from(i, j));
}

// Throws where weights are larger than a transformer of this size.
inline void check_fit(const MatrixTransformer& weights, const weft::nn::TransformerConfig& config) {
  const auto at_most = [](const char* what, std::size_t size, std::size_t limit) {
    if (size > limit)
      weft::fail("MatrixRunner", "the weights must fit the model",
                 std::to_string(size) + ' ' + what + ", " + std::to_string(limit));
  };
  at_most("tokens", weights.embed.shape(0), config.vocabulary);
  at_most("positions", weights.pos_embed.shape(0), config.positions);
  at_most("features", weights.width(), config.width);
  at_most("layers", weights.layers.size(), config.layers);
  for (const auto& layer : weights.layers) {
    at_most("heads", layer.size(), config.heads);
    for (const MatrixHead& head : layer) {
      at_most("features of a score", head.query.shape(1), config.width / config.heads);
      at_most("features of a value", head.value.shape(1), config.width / config.heads);
    }
  }
}

}  // namespace detail

// A transformer with these weights.
template <weft::nn::TransformerConfig config>
weft::nn::Transformer<config> transformer_of(const MatrixTransformer& weights) {
  constexpr std::size_t width = config.width, size = width / config.heads;
  detail::check_fit(weights, config);
  weft::nn::Transformer<config> model;
  weft::for_each_parameter(model, [](const auto&, auto& parameter) { parameter.value.fill(0); });
  detail::copy_matrix(weights.embed, 1, model.embed.weight.value.data(), width);
  detail::copy_matrix(weights.pos_embed, 1, model.pos_embed.weight.value.data(), width);
  detail::copy_matrix(weights.unembed, 1, model.unembed.weight.value.data(), config.vocabulary);
  // The model divides its scores by this.
  const double scale = std::sqrt(static_cast<double>(size));
  for (std::size_t layer = 0; layer < weights.layers.size(); ++layer)
    for (std::size_t h = 0; h < weights.layers[layer].size(); ++h) {
      const MatrixHead& head = weights.layers[layer][h];
      auto& attention = model.blocks[layer].attn;
      detail::copy_matrix(head.query, scale, attention.query.weight.value.data() + h * size, width);
      detail::copy_matrix(head.key, 1, attention.key.weight.value.data() + h * size, width);
      detail::copy_matrix(head.value, 1, attention.value.weight.value.data() + h * size, width);
      detail::copy_matrix(head.output, 1, attention.output.weight.value.data() + h * size * width,
                          width);
    }
  return model;
}

template <weft::nn::TransformerConfig config>
MatrixRunner matrix_runner() {
  using Tokens = weft::View<const int, weft::dynamic, config.positions>;
  return {.config = config,
          .logits =
              [](const MatrixTransformer& weights, const Texts& texts, int threads) {
                constexpr std::size_t microbatch = 8;
                const auto model = transformer_of<config>(weights);
                // All but the last token of each row.
                const Tokens tokens(texts.tokens.data(), texts.rows(), {texts.length, 1});
                std::vector<float> logits(texts.rows() * config.positions * config.vocabulary);
                weft::for_each_microbatch(
                    texts.rows(), microbatch, threads, [&](std::size_t begin, std::size_t count) {
                      const auto part = model(tokens.rows(begin, count));
                      std::copy_n(part.data(), part.size(),
                                  logits.data() + begin * config.positions * config.vocabulary);
                    });
                return logits;
              },
          .save =
              [](const MatrixTransformer& weights, const std::string& path) {
                weft::save_safetensors(path, transformer_of<config>(weights));
              }};
}

// The transformers of the construction for a world: two layers with a head for each type, and one
// layer with two heads. They are wide enough for orthonormal embeddings, and for all readings of
// Gaussian ones.
constexpr weft::nn::TransformerConfig constructed_config(const WorldSize& world, std::size_t heads,
                                                         std::size_t layers) {
  const auto types = static_cast<std::size_t>(world.types);
  const auto values = static_cast<std::size_t>(world.values);
  const auto tuples = static_cast<std::size_t>(world.tuples);
  const std::size_t blocks = 2 * world.vocabulary() + world.positions() + types;
  const std::size_t readings = 2 * (tuples + 1) + types +             // of the type head
                               types * (2 * (tuples + 2) + values) +  // of the fact heads
                               world.vocabulary();
  const std::size_t least = blocks > readings ? blocks : readings;
  return attention_only({.vocabulary = world.vocabulary(),
                         .positions = world.positions(),
                         .width = (least + heads - 1) / heads * heads,
                         .heads = heads,
                         .layers = layers});
}

template <WorldSize world>
ConstructionRunners construction_runners() {
  return {.two_layers =
              matrix_runner<constructed_config(world, static_cast<std::size_t>(world.types), 2)>(),
          .one_layer = matrix_runner<constructed_config(world, 2, 1)>()};
}

}  // namespace contextual_recall
