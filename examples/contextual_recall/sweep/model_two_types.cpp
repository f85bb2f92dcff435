#include "models.hpp"

namespace contextual_recall {

Learner make_two_types(const weft::Random& random, int threads) {
  return make_transformer_learner<model_for(world_of_two_types)>(random, threads);
}

}  // namespace contextual_recall
