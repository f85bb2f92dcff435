#pragma once

#include "learner.hpp"
#include "matrix_transformer.hpp"

#include <string>
#include <vector>

// What a run can be asked for.

namespace contextual_recall {

// Steps of a phase of training.
struct PhaseLength {
  std::size_t schedule;  // the learning rate falls over so many
  std::size_t limit;     // at most so many, the last ones at the final learning rate
};

// A size of the experiment, and the model that was compiled for it.
struct Preset {
  std::string name;
  WorldSize world;
  std::size_t batch;  // texts a step
  PhaseLength pretraining, finetuning;
  // Of each kind in an evaluation during training, where that decides when a phase ends, and where
  // it decides nothing.
  std::size_t monitor_rows, watched_rows;
  std::size_t check_rows;    // prompts a key figure
  bool checks_required;
  Learner (*make_learner)(const weft::Random& random, int threads);
  ConstructionRunners (*construction)() = nullptr;  // of its world; null where there is none
};

// What a model is finetuned on; see World. Only `direct` is the task that is tested.
enum class Task { cue, mixed_type_cue, name, cue_and_name, direct };

const char* name_of(Task task);

// How a model is pretrained and finetuned.
struct Recipe {
  std::string name;
  Task task = Task::cue;
  double finetuned_share;          // of the subjects, the only ones in finetuning prompts
  double replay;                   // probability that a batch of finetuning is pretraining's
  std::size_t pretraining_factor;  // times the preset's steps of pretraining
  double finetuning_rate;          // peak learning rate
  std::vector<std::string> not_required = {};  // checks that are reported and need not hold
};

// In the order they are offered.
const std::vector<Preset>& presets();
const std::vector<Recipe>& recipes();

// Each is defined in preset_<name>.cpp.
Preset quick_preset();
Preset default_preset();
Preset large_preset();

}  // namespace contextual_recall
