#include "learner.hpp"

#include <utility>

namespace contextual_recall {

Batch batch_of(Texts texts, LossAt loss) {
  const std::size_t rows = texts.rows(), positions = texts.length - 1;
  Batch batch{texts.length, std::move(texts.tokens), std::vector<int>(rows * positions, -1)};
  const std::size_t first = loss == LossAt::every_position ? 0 : positions - 1;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t position = first; position < positions; ++position)
      batch.targets[row * positions + position] = batch.tokens[row * batch.length + position + 1];
  return batch;
}

}  // namespace contextual_recall
