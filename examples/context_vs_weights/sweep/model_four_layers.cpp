#include "models.hpp"

namespace context_vs_weights {

Learner make_four_layers(const weft::Random& random, const weft::LaneOptions& lanes) {
  return make_learner<with_layers(4)>(random, lanes);
}

}  // namespace context_vs_weights
