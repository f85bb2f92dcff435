#include "classifier_learner.hpp"
#include "settings.hpp"

namespace context_vs_weights {

// The size of the results in the README: 0.1 million parameters.
Preset default_preset() {
  constexpr SequenceSize size{.exemplars = 4};
  constexpr ClassifierConfig model{.items = size.items(), .width = 64, .heads = 4, .layers = 2};
  return {.name = "default",
          .size = size,
          .sets = 40,
          .models = 3,
          .in_weights = {.steps = 200, .warmup = 100},
          .few_shot = {.steps = 1500, .warmup = 200},
          .rule = {.steps = 3000, .warmup = 200},
          .control = {.steps = 2000, .warmup = 200},
          .set_trials = 500,
          .trials = 2000,
          .evaluate_every = 100,
          .checks_required = true,
          .make_learner = make_learner<model>};
}

}  // namespace context_vs_weights
