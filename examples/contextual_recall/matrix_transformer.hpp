#pragma once

#include "task.hpp"

#include "../experiment/samples.hpp"

#include <weft/nn/transformer_config.hpp>

#include <string>
#include <vector>

// A transformer of attention only whose weights are written down, not trained.

namespace contextual_recall {

using experiment::Matrix;

// One head: at the rows h of the residual stream it adds softmax((h query) (h key)^T) h value
// output, where the scores are not scaled. query and key (width, features of a score), value
// (width, features), output (features, width).
struct MatrixHead {
  Matrix query, key, value, output;
};

// All of the weights, of sizes that are known when it runs.
struct MatrixTransformer {
  Matrix embed;      // (token, width)
  Matrix pos_embed;  // (position, width)
  std::vector<std::vector<MatrixHead>> layers;
  Matrix unembed;  // (width, token)

  std::size_t width() const { return embed.shape(1); }
};

// The same function in other coordinates: those of h along every direction that some query, key,
// value or unembedding reads, h' = h R, which is all that a model without norms ever uses of its
// residual stream. What writes to the stream is multiplied by R, and what reads from it picks
// coordinates. The width is then the number of readings, however wide the model was; so one type of
// model runs all of them.
MatrixTransformer in_reading_coordinates(const MatrixTransformer& weights);

// weft's transformer of one size, compiled in a file of its own, behind functions that give it
// weights: zeros fill what is narrower than it. They throw weft::Error where something is larger.
struct MatrixRunner {
  weft::nn::TransformerConfig config;
  // The logits of every position, (row, position, token).
  std::vector<float> (*logits)(const MatrixTransformer& weights, const Texts& texts, int threads);
  // Writes the parameters as safetensors.
  void (*save)(const MatrixTransformer& weights, const std::string& path);
};

// The transformers that a world's constructions need.
struct ConstructionRunners {
  MatrixRunner two_layers, one_layer;
};

// For the world of that preset; each is defined in construction_<preset>.cpp.
ConstructionRunners quick_construction();
ConstructionRunners default_construction();

}  // namespace contextual_recall
