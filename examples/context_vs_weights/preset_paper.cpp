#include "classifier_learner.hpp"
#include "settings.hpp"

namespace context_vs_weights {

// The paper's model and schedule, as far as they are known: hours to days.
Preset paper_preset() {
  constexpr SequenceSize size{.exemplars = 4};
  constexpr ClassifierConfig model{.items = size.items(),
                                   .width = 64,
                                   .heads = 8,
                                   .layers = 12,
                                   .form = TokenForm::interleaved,
                                   .position_encoding = weft::nn::Positions::sinusoidal};
  constexpr Length length{.steps = 500000, .warmup = 4000};
  return {.name = "paper",
          .size = size,
          .sets = 40,
          .models = 1,
          .in_weights = {.steps = 8000, .warmup = 4000},
          .few_shot = length,
          .rule = length,
          .control = length,
          .learning_rate = 3e-4,
          .decay = Decay::inverse_square_root,
          .clip_norm = 0.25,
          .set_trials = 500,
          .trials = 2000,
          .evaluate_every = 500,
          .side_by_side = false,
          .checks_required = false,
          .make_learner = make_learner<model>};
}

}  // namespace context_vs_weights
