#pragma once

#include "mean_shift.hpp"
#include "regression_learner.hpp"
#include "regression_task.hpp"

// Whether the state that tells bases apart also decides the prediction: sequences of one basis are
// moved by the difference of two bases' means, in the residual stream after one layer, at the last
// x, where its y is predicted.

namespace task_vectors {

struct BasisPatching {
  std::vector<PairValues> errors;  // mean squares of the last prediction's, (layer, source, target)
  // With source and target the same: all predictions are those of the model as it is (==).
  bool self_changes_nothing;

  // What sources and targets that differ add to the error, by layer.
  std::vector<double> mean_rise() const;
};

// Means are over `means`, errors over `patched`, in both of which every basis must be; throws
// weft::Error where it is not.
BasisPatching patch_bases(const RegressionLearner& learner, const Sequences& means,
                          const Sequences& patched);

}  // namespace task_vectors
