#pragma once

#include "construction.hpp"

// How much of a construction survives where embeddings are only nearly orthogonal. The inner
// product of two Gaussian embeddings of d dimensions is about N(0, 1 / d), so whatever reads a sum
// of n stored embeddings reads every other token with an error of about sqrt(n / d): crosstalk.

namespace contextual_recall {

// What is predicted for a construction with Gaussian embeddings.
struct Prediction {
  double keys;  // if nothing but the keys of the type head had crosstalk
  double all;   // with that of what heads read and of the logits
};

// A case of the prediction.
struct CrosstalkCase {
  WorldSize size;
  std::size_t dimension;
  bool two_layers;
  ConstructionOptions options;
};

// Factual recall, averaged over the tuples of a text, and contextual recall after the edit; before
// it that is chance, whatever the embeddings.
//
// The type head gives the type of the key with the greatest score. Scores, in units of beta, are
// those of the construction plus errors N(0, (sum over stored w other than v of k_w^2 + 2 k_v^2) /
// d) for token v, k the key memory; p is the probability that a key wins that tells the type.
// Where another wins, the answer is any of the subject's attributes. Where the right one wins, it
// still has to outdo each rival in the logits, which takes q, the product of the probabilities for
// one rival each. So: keys = p + (1 - p) / types, all = p q + (1 - p) / types.
// All errors count as independent, and a token that occurs twice as one.
Prediction predict_factual_recall(const CrosstalkCase& at);
Prediction predict_contextual_recall(const CrosstalkCase& at);

}  // namespace contextual_recall
