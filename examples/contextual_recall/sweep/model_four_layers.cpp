#include "models.hpp"

namespace contextual_recall {

Learner make_four_layers(const weft::Random& random, int threads) {
  return make_transformer_learner<model_for(default_world, 4)>(random, threads);
}

}  // namespace contextual_recall
