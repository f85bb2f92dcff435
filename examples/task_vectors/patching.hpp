#pragma once

#include "bitwise_task.hpp"

#include <weft/probe/edit.hpp>

#include <vector>

// Whether the state that tells operators apart also decides the answer: prompts of one operator are
// moved by the difference of two operators' means, in the residual stream after one layer.

namespace task_vectors {

// The mean state of each operator but null, at some positions.
struct TaskMeans {
  std::vector<std::size_t> positions;
  std::size_t layers = 0, width = 0;
  std::vector<float> elements;  // (operator, layer, position, feature)

  const float* row(int operation, std::size_t layer, std::size_t position) const {
    return elements.data() +
           ((static_cast<std::size_t>(operation) * layers + layer) * positions.size() + position) *
               width;
  }
};

inline constexpr int patched_operators = 6;  // all but null

// Over fresh prompts of each operator, `count` in all. Throws weft::Error where one has none.
TaskMeans task_means(const experiment::Learner& learner, const Prompts& prompts,
                     const std::vector<std::size_t>& positions);

// h += mean of target - mean of source, after this layer, at the positions of the means.
weft::Edit<float> mean_shift(const TaskMeans& means, std::size_t layer, int source, int target,
                             std::size_t sequence_length);

// Whether a model has the same logits with an edit as without, every one of them (==).
bool changes_nothing(const experiment::Learner& learner, const Prompts& prompts,
                     const weft::Edit<float>& edit);

// Shares of answers to the last example of a prompt, by (layer, source, target): that of the
// prompt's own operator, and that of the operator it is moved towards.
struct PatchingMatrix {
  using Values = std::vector<std::vector<std::vector<double>>>;
  Values own, targets;
  bool self_changes_nothing;  // with source and target the same

  // Over sources and targets that differ, by layer: how many right answers are lost, and how many
  // answers of the target's are gained, where the two answers differ.
  std::vector<double> mean_loss() const, mean_gain() const;
};

// Patches at '=' of the last example, or there and at all but the last bit of its answer, which is
// where the answer is predicted from.
enum class PatchAt { equals, answer };

PatchingMatrix patch_all(const experiment::Learner& learner, const BitwiseSize& size, PatchAt at,
                         std::size_t prompts_per_task, const weft::Random& draws);

}  // namespace task_vectors
