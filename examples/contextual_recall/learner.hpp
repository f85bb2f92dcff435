#pragma once

#include "task.hpp"

#include "../experiment/learner.hpp"

// Texts as a learner takes them.

namespace contextual_recall {

using experiment::Activations;
using experiment::Batch;
using experiment::Learner;
using experiment::Patterns;
using experiment::Training;

// The positions of a text that count in the loss.
enum class LossAt { every_position, last_position };

// To predict the token after each position that counts.
Batch batch_of(Texts texts, LossAt loss);

// Where the texts are; a learner reads all of each but its last token.
inline experiment::TokenRows rows_of(const Texts& texts) {
  return {texts.tokens.data(), texts.rows(), texts.length};
}

}  // namespace contextual_recall
