#include "models.hpp"

namespace contextual_recall {

Learner make_with_mlp(const weft::Random& random, int threads) {
  return make_transformer_learner<model_with(false, true)>(random, threads);
}

}  // namespace contextual_recall
