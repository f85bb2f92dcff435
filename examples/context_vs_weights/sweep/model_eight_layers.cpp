#include "models.hpp"

namespace context_vs_weights {

Learner make_eight_layers(const weft::Random& random, const weft::LaneOptions& lanes) {
  return make_learner<with_layers(8)>(random, lanes);
}

}  // namespace context_vs_weights
