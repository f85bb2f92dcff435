#include "settings.hpp"
#include "transformer.hpp"

namespace task_vectors {

namespace {

constexpr BitwiseSize size{.bits = 3, .blocks = 5};
constexpr auto model = transformer_for(size, {.width = 64, .heads = 4, .layers = 4});

}  // namespace

// The size of the results in the README: 3 bits, up to 4 examples, 0.2 million parameters.
Preset default_preset() {
  return {.name = "default",
          .size = size,
          .batch = 32,
          .learning_rate = 1e-3,
          .bitwise_steps = 6000,
          .pretraining_steps = 700,
          .tuning_steps = 400,
          .evaluate_every = 50,
          .monitor_prompts = 512,
          .prompts_per_task = 100,
          .check_prompts = 3072,
          .checks_required = true,
          .make_learner = make_learner<model>,
          .regressions = default_regressions()};
}

}  // namespace task_vectors
