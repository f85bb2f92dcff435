#pragma once

#include "measures.hpp"
#include "relation.hpp"
#include "run.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <nlohmann/json.hpp>

// A model that knows the operators by their labels, but hardly infers them from examples. Which
// blocks must be tuned for that: those that would encode the operator, or those that would use it?

namespace task_vectors {

// A model of the comparison on prompts of one kind.
struct FinetuneCase {
  std::string name;
  Hits hits;  // to prompts that are the same for all without label
  Accuracy accuracy;
  std::vector<experiment::Interval> intervals;  // of the accuracy, by shots
  Decodability decodability;
  // Of it at its best layer, over the operators, by shots.
  std::vector<experiment::Interval> decodability_intervals;

  double accuracy_at_last() const { return accuracy.by_shots.back(); }
};

struct FinetuneFindings {
  FinetuneCase pretrained, first_half, last_half;  // on prompts without label
  FinetuneCase prompted;                           // the pretrained model on prompts with label
  Decodability untrained_prompted;                 // first weights, with label
  // Paired differences in accuracy, in standard errors, by shots.
  std::vector<double> first_over_last, last_over_untuned;
  bool frozen_decodability_is_exact;
  LinearFit over_tasks;  // of the three without label
  double seconds;

  // The greatest decodability over layers, with the most examples.
  static double best(const Decodability& found) { return found.mean[found.best_layer()].back(); }
};

// Pretrains with labels and tunes copies without. Saves all weights.
FinetuneFindings run_finetune(const Run& run, const experiment::RunDirectory& directory);

// Whether a parameter belongs to blocks begin, ..., end - 1.
bool is_in_blocks(std::string_view path, std::size_t begin, std::size_t end);

// A copy of which only these blocks were trained, on prompts without label.
experiment::Learner tuned(const Run& run, const experiment::Learner& pretrained, const char* phase,
                          std::size_t begin, std::size_t end);

// Whether two learners have the same states at '=' and the same decodability, bit for bit, after
// each of the first `layers` layers.
bool same_up_to_layer(const experiment::Learner& a, const experiment::Learner& b,
                      std::size_t layers, const Prompts& prompts, int threads);

void add_checks(experiment::Checks& checks, const FinetuneFindings& findings,
                const Preset& preset);

nlohmann::ordered_json to_json(const FinetuneFindings& findings);

}  // namespace task_vectors
