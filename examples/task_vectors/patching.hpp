#pragma once

#include "bitwise_task.hpp"
#include "mean_shift.hpp"

// Whether the state that tells operators apart also decides the answer: prompts of one operator are
// moved by the difference of two operators' means, in the residual stream after one layer.

namespace task_vectors {

inline constexpr int patched_operators = 6;  // all but null

// The mean states of the operators but null. Throws weft::Error where one has no prompt.
TaskMeans task_means(const experiment::Learner& learner, const Prompts& prompts,
                     const std::vector<std::size_t>& positions);

// Whether a model has the same logits with an edit as without, every one of them (==).
bool changes_nothing(const experiment::Learner& learner, const Prompts& prompts,
                     const weft::Edit<float>& edit);

// Shares of answers to the last example of a prompt, by (layer, source, target): that of the
// prompt's own operator, and that of the operator it is moved towards.
struct PatchingMatrix {
  std::vector<PairValues> own, targets;
  bool self_changes_nothing;  // with source and target the same
  PairValues unpatched;       // as targets, of the model as it is

  // Over sources and targets that differ, by layer: how many right answers are lost, and how many
  // answers are the target's, where the two answers differ. The last also without a patch.
  std::vector<double> mean_loss() const, mean_gain() const;
  double mean_unpatched() const { return mean_over_pairs(unpatched); }
};

// Patches at '=' of the last example, or there and at all but the last bit of its answer, which is
// where the answer is predicted from.
enum class PatchAt { equals, answer };

PatchingMatrix patch_all(const experiment::Learner& learner, const BitwiseSize& size, PatchAt at,
                         std::size_t prompts_per_task, const weft::Random& draws);

}  // namespace task_vectors
