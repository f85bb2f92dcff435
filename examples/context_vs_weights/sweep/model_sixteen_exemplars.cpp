#include "models.hpp"

namespace context_vs_weights {

Learner make_for_sixteen_exemplars(const weft::Random& random, const weft::LaneOptions& lanes) {
  return make_learner<for_exemplars(16)>(random, lanes);
}

}  // namespace context_vs_weights
