#pragma once

#include "learner.hpp"

#include <utility>
#include <vector>

namespace contextual_recall {

// Shares of right answers over many prompts. Chance by type is 1 / types. Not a number where there
// are too few subjects for such a prompt.
struct Measures {
  double fact, fact_held_out;  // pretraining texts with typed grammar only
  double fact_of_all;          // the same over all subjects
  double icl;                  // contextual recall, context and query finetuned subjects
  double icl_held_out;         // query held out
  double icl_all_held_out;     // context and query held out
  double icl_type;             // answers of the right type, over the three forms
  double own;                  // answers that are any attribute of the query, over the three forms
  double icl_type_held_out, own_held_out;  // the same over the two forms with a held-out query
  double cue, cue_held_out;    // the finetuning task on finetuned and on held-out subjects
};

// The measures that are reported, under the names they have in metrics.jsonl and summary.json.
std::vector<std::pair<const char*, double>> named(const Measures& measures);

// Measures a model on `rows` prompts of each kind, drawn by the given key.
Measures measure(const Learner& learner, const World& world, std::size_t rows,
                 const weft::Random& draws);

// Contextual recall with held-out queries for 0, 1, ..., tuples - 1 shots.
std::vector<double> accuracy_by_shots(const Learner& learner, const World& world, std::size_t rows,
                                      const weft::Random& draws);

// Contextual recall of finetuned subjects where the answer is the likeliest token among all values.
double recall_among_values(const Learner& learner, const World& world, std::size_t rows,
                           const weft::Random& draws);

// Contextual recall over all subjects, as the controls report it.
double recall_of_all(const Learner& learner, const World& world, std::size_t rows,
                     const weft::Random& draws);

}  // namespace contextual_recall
