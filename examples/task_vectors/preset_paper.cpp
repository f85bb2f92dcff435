#include "settings.hpp"
#include "transformer.hpp"

namespace task_vectors {

namespace {

constexpr BitwiseSize size{.bits = 5, .blocks = 11};
constexpr auto model = transformer_for(size, {.width = 256, .heads = 8, .layers = 8});

}  // namespace

// The paper's numbers of 5 bits and up to 10 examples, in a larger model. Days on 2 cores.
Preset paper_preset() {
  return {.name = "paper",
          .size = size,
          .batch = 64,
          .learning_rate = 3e-4,
          .bitwise_steps = 20000,
          .pretraining_steps = 4000,
          .tuning_steps = 2000,
          .evaluate_every = 250,
          .monitor_prompts = 512,
          .prompts_per_task = 100,
          .check_prompts = 3072,
          .checks_required = false,
          .make_learner = make_learner<model>,
          .regressions = paper_regressions()};
}

}  // namespace task_vectors
