#include "models.hpp"

namespace contextual_recall {

Learner make_with_norm_and_mlp(const weft::Random& random, int threads) {
  return make_transformer_learner<model_with(true, true)>(random, threads);
}

}  // namespace contextual_recall
