#include "settings.hpp"
#include "transformer.hpp"

namespace task_vectors {

namespace {

constexpr BitwiseSize size{.bits = 2, .blocks = 3};
constexpr auto model = transformer_for(size, {.width = 32, .heads = 2, .layers = 2});

}  // namespace

// Seconds; to see that everything works.
Preset quick_preset() {
  return {.name = "quick",
          .size = size,
          .batch = 32,
          .learning_rate = 2e-3,
          .bitwise_steps = 300,
          .pretraining_steps = 200,
          .tuning_steps = 100,
          .evaluate_every = 50,
          .monitor_prompts = 128,
          .prompts_per_task = 30,
          .check_prompts = 600,
          .checks_required = false,
          .make_learner = make_learner<model>,
          .regressions = quick_regressions()};
}

}  // namespace task_vectors
