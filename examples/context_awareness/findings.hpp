#pragma once

#include "attention.hpp"
#include "conditional.hpp"
#include "measures.hpp"
#include "stages.hpp"
#include "steering.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

// What a run finds out.

namespace context_awareness {

// What is chosen by hand instead of on a draw of its own.
struct Choices {
  std::optional<double> alpha, beta;
};

// Conditional tuning with one threshold.
struct Threshold {
  double beta;
  Marked marked;
  ModelScores scores;
};

// A way to ask, and what it gets: recall of needles, and accuracy on facts that no context names.
struct Method {
  std::string name;
  double recall, memory;
};

struct Findings {
  ModelScores base, vanilla, conditional, oracle, enriched, control;
  Allocations raw, roles;         // of the vanilla model, in the two forms
  std::vector<Steered> steering;  // over alphas
  Steered chosen;                 // with the alpha chosen
  std::vector<SteeredHead> heads;
  std::size_t best_head;        // its place in heads, chosen on the questions that alpha is
  std::vector<Steered> layers;  // by layer
  ScoresBySort dependency;
  Histogram in_tuning;  // of the scores of those that are tuned on
  Separation separation, separation_in_tuning;  // of fresh questions, and of those tuned on
  Separation separation_by_user;  // of fresh ones, by the attention on all of the user's part
  Threshold calibrated;
  std::vector<Threshold> thresholds;  // others, that mark more or fewer
  // Where the preset asks for them: of the vanilla model in two forms, of the conditional one with
  // the indicator.
  RecallMap map_raw, map_roles, map_indicator;
  double seconds_of_training;
};

// Trains and tunes all models, saves them, and measures.
Findings find(const Course& course, const Choices& choices, int threads,
              const experiment::RunDirectory& directory);

// The ways that are compared. Those named "where asked" are switches: they ask so where the context
// is to be used, and in the template, without indicator, where it is not.
std::vector<Method> methods_of(const Findings& findings);

void add_checks(experiment::Checks& checks, const Findings& findings);

// For summary.json, and for figures.json, which has what the figures show besides.
nlohmann::ordered_json to_json(const Findings& findings);
nlohmann::ordered_json figures_of(const Findings& findings);

}  // namespace context_awareness
