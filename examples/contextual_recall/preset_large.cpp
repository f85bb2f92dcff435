#include "settings.hpp"
#include "transformer_learner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world = large_world;
constexpr auto model = attention_only({.vocabulary = world.vocabulary(),
                                       .positions = world.positions(),
                                       .width = 128,
                                       .heads = 4,
                                       .layers = 2});

}  // namespace

// Sixteen times the facts: 512 subjects, 8 types, 16 values, width 128.
Preset large_preset() {
  return {.name = "large",
          .world = world,
          .batch = 256,
          .pretraining = {.schedule = 1500, .limit = 3000},
          .finetuning = {.schedule = 1500, .limit = 4000},
          .monitor_rows = 512,
          .watched_rows = 256,
          .check_rows = 4096,
          .checks_required = true,
          .make_learner = make_transformer_learner<model>};
}

}  // namespace contextual_recall
