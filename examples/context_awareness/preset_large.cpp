#include "settings.hpp"
#include "transformer.hpp"

namespace context_awareness {

namespace {

constexpr TaskSize task{.shortest_context = 20, .longest_context = 300};
constexpr auto model = transformer_for(task, {.width = 128, .heads = 8, .layers = 4});

}  // namespace

// Contexts of 20 to 300 tokens, 0.8 million parameters, and the map over depths and lengths.
Preset large_preset() {
  return {.name = "large",
          .task = task,
          .batch = 64,
          .pretraining_steps = 3000,
          .contexts_grow = true,
          .tuning_steps = 500,
          .check_context = 160,
          .check_questions = 1000,
          .choice_questions = 500,
          .map_questions = 20,
          .checks_required = false,
          .make_learner = make_learner<model>};
}

}  // namespace context_awareness
