#include "classifier_learner.hpp"
#include "sweep.hpp"

namespace context_vs_weights {

namespace {

constexpr ClassifierConfig with_layers(std::size_t layers) {
  return {.items = SequenceSize{}.items(), .width = 64, .heads = 4, .layers = layers};
}

}  // namespace

std::vector<Variant> depth_variants() {
  return {{1, make_learner<with_layers(1)>},
          {2, make_learner<with_layers(2)>},
          {4, make_learner<with_layers(4)>},
          {8, make_learner<with_layers(8)>}};
}

}  // namespace context_vs_weights
