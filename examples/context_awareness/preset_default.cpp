#include "settings.hpp"
#include "transformer.hpp"

namespace context_awareness {

namespace {

constexpr TaskSize task{};
constexpr auto model = transformer_for(task, {.width = 64, .heads = 4, .layers = 2});

}  // namespace

// The size of the results in the README: 17 tokens of context, 32 facts, 0.1 million parameters.
Preset default_preset() {
  return {.name = "default",
          .task = task,
          .batch = 64,
          .pretraining_steps = 1500,
          .tuning_steps = 500,
          .check_context = 17,
          .check_questions = 2000,
          .choice_questions = 1000,
          .checks_required = true,
          .make_learner = make_learner<model>};
}

}  // namespace context_awareness
