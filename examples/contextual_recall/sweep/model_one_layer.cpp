#include "models.hpp"

namespace contextual_recall {

Learner make_one_layer(const weft::Random& random, int threads) {
  return make_transformer_learner<model_for(default_world, 1)>(random, threads);
}

}  // namespace contextual_recall
