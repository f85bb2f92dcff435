#pragma once

#include "construction.hpp"

#include "../experiment/checks.hpp"

#include <nlohmann/json.hpp>

// What the written-down weights do, and what the edit of them is.

namespace contextual_recall {

// The prompts a construction is tested on.
struct ConstructionTexts {
  Texts facts;   // pretraining texts; tuples whose grammar is all neutral do not count
  Texts recall;  // each subject for each type, with one and the same query text for a subject
};

ConstructionTexts construction_texts(const World& world, std::size_t fact_rows,
                                     std::size_t recall_rows, const weft::Random& draws);

// How one set of weights does on them.
struct ConstructionScore {
  double fact;           // factual recall
  double icl;            // contextual recall
  double worst_subject;  // the least contextual recall of a subject
  double own;            // answers to recall prompts that are an attribute of the query
  double dependent;      // share of subjects whose logits are not the same bits for all examples
};

ConstructionScore score(const MatrixRunner& runner, const MatrixTransformer& weights,
                        const World& world, const ConstructionTexts& texts, int threads);

// How two sets of weights differ: for each head in query key^T, which makes its scores, and in
// value output, which makes what it writes (its QK and OV circuits; Elhage et al. 2021, "A
// mathematical framework for transformer circuits"), and in the embeddings and the unembedding.
struct EditFindings {
  std::size_t rank;  // of all these differences, added up
  // Greatest cosine of a direction that the heads' differences read or write with one in the span
  // of the embeddings of subjects.
  double subject_overlap;
};

// The embeddings are those that both were constructed with.
EditFindings edit_between(const MatrixTransformer& before, const MatrixTransformer& after,
                          const World& world, const Embeddings& embeddings);

// One construction before and after its edit, with orthonormal embeddings.
struct ConstructionFindings {
  ConstructionScore base, edited;
  EditFindings edit;
};

// construct_two_layers() or construct_one_layer().
using Construct = MatrixTransformer (*)(const World&, const Embeddings&,
                                        const ConstructionOptions&);

ConstructionFindings examine(const MatrixRunner& runner, Construct construct, const World& world,
                             const ConstructionTexts& texts, int threads);

// Adds construct<variant>_fact_base, ..._icl_base, ..._fact_edited, ..._icl_edited, ..._edit_rank
// and what says that the base sees no examples and the edit no subject.
void add_checks(experiment::Checks& checks, const std::string& variant, const WorldSize& size,
                const ConstructionFindings& findings);

nlohmann::ordered_json to_json(const ConstructionFindings& findings);

}  // namespace contextual_recall
