#pragma once

#include "task.hpp"

#include "../experiment/learner.hpp"

#include <string>
#include <vector>

// What a run can be asked for.

namespace context_awareness {

// A size of the experiment, and the model that was compiled for it.
struct Preset {
  std::string name;
  TaskSize task;
  std::size_t batch;                 // questions a step
  std::size_t pretraining_steps;
  std::size_t short_steps = 0;       // of pretraining: so many with the shortest contexts,
  std::size_t growth_steps = 0;      // then so many in which they grow
  std::size_t tuning_steps;          // of each way to tune
  std::size_t check_context;         // tokens of the contexts that key figures are measured on
  std::size_t check_questions;       // that a key figure is measured on
  std::size_t choice_questions;      // that alpha and beta are chosen on
  std::size_t map_questions = 0;     // in each cell of the map over depths and lengths; 0: no map
  bool checks_required;
  experiment::Learner (*make_learner)(const weft::Random& random, int threads);
};

// What vanilla instruction tuning asks for.
struct Scenario {
  std::string name;
  double contradicting;  // share of the questions whose answer is the fact, against the context
  bool checks_required;
};

// In the order they are offered.
const std::vector<Preset>& presets();
const std::vector<Scenario>& scenarios();

// Each is defined in preset_<name>.cpp.
Preset quick_preset();
Preset default_preset();
Preset large_preset();

inline constexpr double pretraining_rate = 2e-3, tuning_rate = 1e-3;  // peak learning rates
inline constexpr std::size_t pretraining_warmup = 200;                // steps
inline constexpr double replay = 0.15;             // share of pretraining's texts in tuning
inline constexpr double dependent_share = 0.10;  // of the other questions: on the context

}  // namespace context_awareness
