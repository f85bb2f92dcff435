#pragma once

#include "task.hpp"

#include <weft/nn/transformer_config.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <functional>
#include <string>
#include <vector>

namespace contextual_recall {

// The positions of a text that count in the loss.
enum class LossAt { every_position, last_position };

struct Batch {
  Texts texts;
  LossAt loss;
};

// A stretch of training, with an optimiser of its own.
struct Training {
  weft::TrainOptions options;
  weft::AdamWOptions optimizer;
  std::function<Batch(std::size_t step)> draw;
  std::function<weft::Evaluation(const weft::TrainingState&)> evaluate;
};

// What a model holds inside for some prompts.
struct Activations {
  std::size_t rows = 0, layers = 0, width = 0;
  std::vector<float> residual;  // (row, layer, feature): after each block, at the last position
};

// The attention patterns of one prompt, (layer, head, query, key).
struct Patterns {
  std::size_t layers = 0, heads = 0, positions = 0;
  std::vector<float> weights;
};

// What the experiment asks of a model, whatever its size: a table of functions over one model that
// was compiled in a file of its own. Copies share the model, and const is the table, not what it
// is about: train() changes the model of every copy. clone() makes another one.
struct Learner {
  std::function<weft::TrainingState(const Training&)> train;
  std::function<std::vector<int>(const Texts&)> predict;  // most likely next token, (row, position)
  std::function<Activations(const Texts&)> observe;
  std::function<Patterns(const Texts&)> patterns;  // of the first row
  std::function<void(const std::string& path)> save;
  std::function<Learner()> clone;  // the same weights
  weft::nn::TransformerConfig config;
  std::size_t parameters = 0;
  weft::LaneOptions lanes;  // as it is trained
};

}  // namespace contextual_recall
