#pragma once

#include "learner.hpp"

#include <nlohmann/json.hpp>

#include <vector>

// What the heads of a model do at the query of BX, in exemplar-balanced contexts.

namespace context_vs_weights {

// How much of a head's attention, from the last token, is on tokens of each kind. AX and BW share a
// feature with BX; AW and CY share none.
struct KindAttention {
  double AX = 0, AW = 0, BW = 0, CY = 0, query = 0;
};

// A model with one head switched off: its z is zero.
struct Ablation {
  std::size_t layer, head;
  double rule, few_shot_accuracy;
};

struct HeadFindings {
  std::size_t layers, heads;
  std::vector<KindAttention> attention;  // (layer, head)
  std::vector<Ablation> ablations;       // (layer, head)
  double rule, few_shot_accuracy;        // of the whole model
  // The head whose ablation changes the rule fraction most, found on other sequences than those
  // that everything else is measured on.
  std::size_t chosen;

  // Of the model without that head, less that of the whole model.
  double change() const { return ablations[chosen].rule - rule; }
};

// test and choice: exemplar-balanced contexts with a query of BX.
HeadFindings examine_heads(const Learner& learner, const Sequences& test, const Sequences& choice,
                           const Sequences& few_shot);

nlohmann::ordered_json to_json(const HeadFindings& findings);

}  // namespace context_vs_weights
