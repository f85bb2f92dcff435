#include "models.hpp"

namespace contextual_recall {

Learner make_with_norm(const weft::Random& random, int threads) {
  return make_transformer_learner<model_with(true, false)>(random, threads);
}

}  // namespace contextual_recall
