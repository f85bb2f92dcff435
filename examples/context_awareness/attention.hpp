#pragma once

#include "task.hpp"

#include <vector>

// Where a model looks when it gives an answer.

namespace context_awareness {

// Shares of a head's attention at the last position of the prompt, which predicts the first value
// of the answer; means over prompts.
struct Allocation {
  double begin = 0;     // the BOS
  double context = 0;   // the items
  double question = 0;  // question, key and indicator; with the context the user's part
  double roles = 0;     // the tokens of the template
  double user_of_text = 0;  // the user's part of what is not the template's (paper, section 2.2)

  double user() const { return context + question; }
};

// By layer and head.
using Allocations = std::vector<std::vector<Allocation>>;

Allocations allocations_of(const experiment::Learner& learner, const Prompts& prompts);

// The mean over a layer's heads of what goes to the context.
double context_share(const std::vector<Allocation>& layer);

// The head of a layer with the greatest share for the user's part.
std::size_t retrieval_head(const std::vector<Allocation>& layer);

// Context-dependency scores, by question: the greatest share of attention that any head gives the
// context, and the greatest that any gives all of the user's part, as in the paper.
struct DependencyScores {
  std::vector<double> context, user;
};

// Those of questions in the template, without indicator (paper, section 3.1): with the right answer
// in place, of the heads of the last layer, at the first value of the answer, where the second is
// predicted.
//
// The paper sums over the user's part. What is marked here is chosen by the context alone: some
// head gives the user's part nearly all of its attention, whatever the question.
DependencyScores dependency_scores(const experiment::Learner& learner,
                                   const std::vector<Question>& questions, const Task& task);

}  // namespace context_awareness
