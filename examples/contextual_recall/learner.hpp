#pragma once

#include "task.hpp"

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

// How a learner is trained: with a new optimiser, on the batches drawn for steps 0, 1, 2, ...
struct Training {
  weft::TrainOptions options;
  double learning_rate;  // peak
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
// was compiled in a file of its own. Copies share the model; clone() makes another one.
struct Learner {
  std::function<weft::TrainingState(const Training&)> train;
  std::function<std::vector<int>(const Texts&)> predict;  // most likely next token, (row, position)
  std::function<Activations(const Texts&)> observe;
  std::function<void(const std::string& path, const Activations&)> save_activations;
  std::function<Patterns(const Texts&)> patterns;  // of the first row
  std::function<void(const std::string& path)> save;
  std::function<Learner()> clone;  // the same weights
  double flops_per_text = 0;       // multiply-adds of products count twice; causal half of attention
  std::size_t parameters = 0;
};

// A size of the experiment, and the model that was compiled for it.
struct Preset {
  std::string name;
  WorldSize world;
  std::size_t batch;                    // texts a step
  int pretrain_steps, pretrain_limit;   // length of the schedule, most steps
  int finetune_steps, finetune_limit;
  std::size_t monitor_rows;  // prompts an evaluation during training
  std::size_t check_rows;    // prompts a key figure
  bool checks_required;
  Learner (*make_learner)(const weft::Random& random, int threads);
};

// The presets, in the order they are offered; each is defined in preset_<name>.cpp.
const Preset& quick_preset();
const Preset& default_preset();
const Preset& large_preset();

}  // namespace contextual_recall
