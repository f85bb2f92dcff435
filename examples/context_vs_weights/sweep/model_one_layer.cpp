#include "models.hpp"

namespace context_vs_weights {

Learner make_one_layer(const weft::Random& random, const weft::LaneOptions& lanes) {
  return make_learner<with_layers(1)>(random, lanes);
}

}  // namespace context_vs_weights
