#include "classifier_learner.hpp"
#include "sweep.hpp"

namespace context_vs_weights {

namespace {

constexpr ClassifierConfig for_exemplars(std::size_t exemplars) {
  return {.items = SequenceSize{.exemplars = exemplars}.items(),
          .width = 64,
          .heads = 4,
          .layers = 2};
}

}  // namespace

std::vector<Variant> exemplar_variants() {
  return {{4, make_learner<for_exemplars(4)>},
          {8, make_learner<for_exemplars(8)>},
          {16, make_learner<for_exemplars(16)>}};
}

}  // namespace context_vs_weights
