#include "settings.hpp"
#include "transformer_learner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world = default_world;
constexpr auto model = attention_only({.vocabulary = world.vocabulary(),
                                       .positions = world.positions(),
                                       .width = 64,
                                       .heads = 4,
                                       .layers = 2});

}  // namespace

// The size of the results in the README: 64 subjects, 4 types, 8 values, width 64.
Preset default_preset() {
  return {.name = "default",
          .world = world,
          .batch = 128,
          .pretraining = {.schedule = 900, .limit = 2000},
          .finetuning = {.schedule = 700, .limit = 2000},
          .monitor_rows = 512,
          .watched_rows = 256,
          .check_rows = 4096,
          .checks_required = true,
          .make_learner = make_transformer_learner<model>,
          .construction = default_construction};
}

}  // namespace contextual_recall
