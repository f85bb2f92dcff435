#include "settings.hpp"
#include "transformer_learner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world = quick_world;
constexpr auto model = attention_only({.vocabulary = world.vocabulary(),
                                       .positions = world.positions(),
                                       .width = 32,
                                       .heads = 2,
                                       .layers = 2});

}  // namespace

// Seconds; to see that everything works.
Preset quick_preset() {
  return {.name = "quick",
          .world = world,
          .batch = 64,
          .pretraining = {.schedule = 1000, .limit = 1500},
          .finetuning = {.schedule = 500, .limit = 1000},
          .monitor_rows = 128,
          .watched_rows = 128,
          .check_rows = 1024,
          .checks_required = false,
          .make_learner = make_transformer_learner<model>,
          .construction = quick_construction};
}

}  // namespace contextual_recall
