#include "classifier_learner.hpp"
#include "settings.hpp"

namespace context_vs_weights {

// Seconds; to see that everything works.
Preset quick_preset() {
  constexpr SequenceSize size{.exemplars = 4};
  constexpr ClassifierConfig model{.items = size.items(), .width = 32, .heads = 2, .layers = 2};
  return {.name = "quick",
          .size = size,
          .sets = 4,
          .models = 2,
          .in_weights = {.steps = 150, .warmup = 50},
          .few_shot = {.steps = 500, .warmup = 100},
          .rule = {.steps = 500, .warmup = 100},
          .control = {.steps = 500, .warmup = 100},
          .set_trials = 100,
          .trials = 300,
          .evaluate_every = 100,
          .checks_required = false,
          .make_learner = make_learner<model>};
}

}  // namespace context_vs_weights
