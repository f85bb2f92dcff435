#pragma once

#include "learner.hpp"

#include <string>
#include <vector>

// What a run can be asked for.

namespace context_vs_weights {

// The learning rate over the steps: up in a line, and then constant or falling as 1 / sqrt(step).
enum class Decay { none, inverse_square_root };

// How long something is trained.
struct Length {
  std::size_t steps, warmup;
};

// A size of the experiments, and the model that was compiled for it.
struct Preset {
  std::string name;
  SequenceSize size;
  std::size_t sets;    // of stimuli that are stored in weights
  std::size_t models;  // of each training on contexts
  Length in_weights, few_shot, rule, control;
  std::size_t batch = 32;  // sequences a step
  double learning_rate = 1e-3;
  Decay decay = Decay::none;
  double clip_norm = 1;
  std::size_t set_trials;      // that a measure of one set is taken on
  std::size_t trials;          // the same of one model for contexts
  std::size_t evaluate_every;  // steps
  bool side_by_side = true;    // one thread for each model for contexts; else all threads for one
  bool checks_required;
  Learner (*make_learner)(const weft::Random& random, const weft::LaneOptions& lanes);
};

// In the order they are offered.
const std::vector<Preset>& presets();

// Each is defined in preset_<name>.cpp.
Preset quick_preset();
Preset default_preset();
Preset paper_preset();

// Decision maps: queries along each feature, and contexts they are averaged over.
inline constexpr std::size_t map_side = 11;
inline constexpr std::size_t set_map_contexts = 4;  // of one set in weights
inline constexpr std::size_t map_contexts = 50;     // of one model for contexts

// The optimiser of every training.
weft::AdamWOptions optimizer_of(const Preset& preset);

// What a seed's experiments share.
struct Run {
  const Preset& preset;
  weft::Random random;
  int threads;
  weft::MetricsLog* log;  // null: none
  weft::Checkpoints* checkpoints = nullptr;  // null: none
};

}  // namespace context_vs_weights
