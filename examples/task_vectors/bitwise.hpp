#pragma once

#include "measures.hpp"
#include "patching.hpp"
#include "relation.hpp"
#include "run.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace task_vectors {

// A picture of the states at '=' of the last example: their first two principal components.
struct StatePicture {
  std::vector<std::vector<std::array<double, 2>>> points;  // (layer, prompt)
};

// The model as it was during training. The monitor's accuracies decide when training ends and where
// the jump is; all else is measured on other prompts.
struct Checkpoint {
  std::size_t step;
  std::vector<double> monitor;   // accuracy by shots
  std::vector<double> accuracy;  // by shots
  Decodability decodability;
  StatePicture picture;
};

// Where the accuracy with the most examples leaves its plateau, and where decodability does.
struct Jump {
  // The first evaluation with a monitor above jump_accuracy with the most examples, and the first
  // that ends good_in_a_row of them at goal_accuracy; 0: none.
  std::size_t step = 0, goal_step = 0;
  double plateau_accuracy = 0, plateau_decodability = 0;  // 200 to 100 steps before
  // Past the middle between plateau and end; none where the end is not above the plateau.
  std::optional<std::size_t> encoding_step, decoding_step;
};

inline constexpr double jump_accuracy = 0.6;  // half way from guessing by base rates to the goal

// Whether training may end: the monitor's accuracy with the most examples is goal_accuracy, and
// with fewer, from one on, goal_share of the ideal observer's. Each number of examples has
// positions of its own, and jumps when those are learnt.
bool reaches_goal(const std::vector<double>& monitor, const std::vector<double>& ideal);

// checkpoints: at the best layer. Values are means over three evaluations for the steps at which
// the middle is passed, since single ones are noisy.
Jump find_jump(const std::vector<Checkpoint>& checkpoints, std::size_t layer);

struct BitwiseFindings {
  std::vector<Checkpoint> checkpoints;  // the first is the untrained model
  std::size_t best_layer;               // of the last checkpoint
  Jump jump;
  std::vector<int> pictured_operators;
  Accuracy accuracy, bayes;
  std::vector<double> above_bayes;  // in standard errors, by shots
  Decodability untrained, trained;  // on fresh prompts, means over three sets
  std::vector<double> ones;         // decodability of the number of ones, by shots
  PatchingMatrix patch_equals, patch_answer;
  LinearFit over_tasks, over_checkpoints;
  weft::TrainingState training;
  double seconds;
};

// Trains on hidden operators until they are inferred, and measures. Saves the weights.
BitwiseFindings run_bitwise(const Run& run, const experiment::RunDirectory& directory);

void add_checks(experiment::Checks& checks, const BitwiseFindings& findings, const Preset& preset);

// For summary.json, and for figures.json, which has what the figures show besides.
nlohmann::ordered_json to_json(const BitwiseFindings& findings);
nlohmann::ordered_json figures_of(const BitwiseFindings& findings);

}  // namespace task_vectors
