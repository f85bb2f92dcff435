#pragma once

#include "measures.hpp"
#include "settings.hpp"

#include "../experiment/checks.hpp"

// The test in weights: three combinations of two features are learnt over the steps of training,
// with contexts that say nothing, and the fourth is asked for.

namespace context_vs_weights {

// One set of stimuli, and the model that learnt it.
struct SetFindings {
  double accuracy;  // on the combinations that were trained, of new sequences
  double loss;      // at the end of training
  Shares shares;    // of BX
  std::vector<double> map;
};

struct InWeightsFindings {
  std::vector<SetFindings> exposed;      // AW, AX and BW were trained (E1)
  std::vector<SetFindings> conflicting;  // only AX and BW (E1c): each set, then its twin
  double seconds;

  std::vector<double> rules(const std::vector<SetFindings>& sets) const;
  double mean_rule() const { return mean_of(rules(exposed)); }
  double mean_accuracy() const;
  // What the rule gains where one feature alone predicts over where both do.
  double ruleness() const { return mean_rule() - mean_of(rules(conflicting)); }
};

InWeightsFindings run_in_weights(const Run& run);

nlohmann::ordered_json to_json(const InWeightsFindings& findings);

}  // namespace context_vs_weights
