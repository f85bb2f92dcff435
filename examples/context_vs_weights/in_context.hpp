#pragma once

#include "measures.hpp"
#include "settings.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <string>
#include <vector>

// The test in context: a model that learnt to use contexts is shown three combinations of two
// features there, and is asked for the fourth. What it answers depends on what contexts it learnt
// from.

namespace context_vs_weights {

// What a model is trained on.
struct Curriculum {
  std::string name;
  double rule_share;          // of sequences that are contexts of the test; the others are few-shot
  std::vector<Item> queries;  // of contexts of the test
  Length length;
};

Curriculum few_shot_training(const Preset& preset);  // E2
Curriculum rule_training(const Preset& preset);      // E3: BX is asked for, and follows the rule
Curriculum control_training(const Preset& preset);   // E3c: the same, BX is never asked for

// A batch of it. Each sequence is a context of the test or few-shot by chance.
Sequences draw_training(const Curriculum& curriculum, const SequenceSize& size, std::size_t count,
                        const weft::Random& random);

// What models are tested on, the same for all of a run.
struct ContextTests {
  Sequences few_shot;
  Sequences seen;  // label-balanced contexts, and a query of AX, AW or BW
  Sequences label_balanced, exemplar_balanced, conflicting;  // and a query of BX
  Sequences blended;  // exemplar-balanced contexts with the queries of a decision map

  ContextTests(const SequenceSize& size, std::size_t trials, const weft::Random& random);
};

// The answers to each of the three contexts.
struct ByContext {
  Shares label_balanced, exemplar_balanced, conflicting;
};
ByContext mean_of(const std::vector<ByContext>& several);

// One model.
struct ContextModel {
  Learner learner;
  double loss, few_shot_accuracy, seen_accuracy;
  ByContext answers;
  double sensitivity;       // with which the generalised context model is most like it
  ByContext context_model;  // what that then answers
  std::vector<double> map;
};

struct ContextFindings {
  std::vector<ContextModel> few_shot, rule, control;
  ByContext nearest;  // the label of the nearest exemplar
  double seconds;
};

// Means over models.
double few_shot_accuracy(const std::vector<ContextModel>& models);
ByContext mean_answers(const std::vector<ContextModel>& models);

// Trains preset.models models of each curriculum.
std::vector<std::vector<ContextModel>> train_on_contexts(const Run& run, const std::string& title,
                                                         const std::vector<Curriculum>& curricula,
                                                         const ContextTests& tests);

// Trains models of all three, and measures. Saves the weights.
ContextFindings run_in_context(const Run& run, const experiment::RunDirectory& directory);

nlohmann::ordered_json to_json(const ContextFindings& findings);

}  // namespace context_vs_weights
