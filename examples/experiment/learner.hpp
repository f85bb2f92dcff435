#pragma once

#include <weft/nn/transformer_config.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/probe/edit.hpp>
#include <weft/train/trainer.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace experiment {

// Rows of tokens, where they are. A learner reads the first config.positions of each.
struct TokenRows {
  const int* data;
  std::size_t count, step;  // rows, and tokens from one row to the next
};

// What a step of training learns from.
struct Batch {
  std::size_t length = 0;    // tokens of a row
  std::vector<int> tokens;   // (row, token)
  std::vector<int> targets;  // (row, position): what to predict there; -1 where nothing counts

  TokenRows rows() const { return {tokens.data(), tokens.size() / length, length}; }
};

// A stretch of training, with an optimiser of its own.
template <class Batch>
struct TrainingOn {
  weft::TrainOptions options;
  weft::AdamWOptions optimizer;
  std::function<Batch(std::size_t step)> draw;
  std::function<weft::Evaluation(const weft::TrainingState&)> evaluate;
  std::function<bool(std::string_view path)> frozen = {};  // parameters that stay; unset: none
};
using Training = TrainingOn<Batch>;

// What a model holds inside for some rows of tokens, and what it predicts.
struct Activations {
  std::size_t rows = 0, layers = 0, positions = 0, width = 0;
  std::vector<float> residual;  // (row, layer, position, feature): after each block
  std::vector<int> predicted;   // most likely next token, (row, position)

  // Keeps what one layer holds for rows begin, ..., begin + count - 1: the chosen ones of all
  // positions of values, (row, position, feature).
  void keep(std::size_t begin, std::size_t count, std::size_t layer, const float* values,
            std::size_t all_positions, const std::vector<std::size_t>& chosen) {
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t i = 0; i < positions; ++i)
        std::copy_n(values + (row * all_positions + chosen[i]) * width, width,
                    residual.data() +
                        (((begin + row) * layers + layer) * positions + i) * width);
  }
};

// The attention patterns of one row, (layer, head, query, key).
struct Patterns {
  std::size_t layers = 0, heads = 0, positions = 0;
  std::vector<float> weights;
};

// What an experiment asks of a model, whatever its size: a table of functions over one model that
// was compiled in a file of its own. Copies share the model, and const is the table, not what it
// is about: train() and load() change the model of every copy. clone() makes another one.
struct Learner {
  std::function<weft::TrainingState(const Training&)> train;
  std::function<std::vector<int>(TokenRows)> predict;  // most likely next token, (row, position)
  std::function<std::vector<int>(TokenRows)> answer;   // the same at the last position, for less
  // (row, position, token), with some of what the model computes changed.
  std::function<std::vector<float>(TokenRows, const weft::Edit<float>&)> logits;
  // At these positions, in this order.
  std::function<Activations(TokenRows, const std::vector<std::size_t>& positions)> observe;
  std::function<Patterns(TokenRows)> patterns;  // of the first row
  // The elements of the parameter at this path, row after row. Throws weft::Error for another path.
  std::function<std::vector<float>(std::string_view path)> parameter;
  // What one position of each row attends to, (row, layer, head, key); positions: by row.
  std::function<std::vector<float>(TokenRows, const std::vector<std::size_t>& positions)> attention;
  // The `count` most likely tokens, one after the other, that follow the first `length` of each
  // row, (row, token), with some of the scores or patterns of attention changed.
  std::function<std::vector<int>(TokenRows, std::size_t length, std::size_t count,
                                 const weft::Edit<float>&)> generate;
  std::function<void(const std::string& path)> save, load;
  std::function<Learner()> clone;  // the same weights
  weft::nn::TransformerConfig config;
  std::size_t parameters = 0;
  weft::LaneOptions lanes;  // as it is trained
};

}  // namespace experiment
