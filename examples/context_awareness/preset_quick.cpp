#include "settings.hpp"
#include "transformer.hpp"

namespace context_awareness {

namespace {

constexpr TaskSize task{
    .keys = 8, .values = 8, .fillers = 4, .shortest_context = 11, .longest_context = 12};
constexpr auto model = transformer_for(task, {.width = 32, .heads = 2, .layers = 2});

}  // namespace

// Seconds; to see that everything works.
Preset quick_preset() {
  return {.name = "quick",
          .task = task,
          .batch = 32,
          .pretraining_steps = 300,
          .tuning_steps = 60,
          .check_context = 12,
          .check_questions = 200,
          .choice_questions = 100,
          .map_questions = 2,
          .checks_required = false,
          .make_learner = make_learner<model>};
}

}  // namespace context_awareness
