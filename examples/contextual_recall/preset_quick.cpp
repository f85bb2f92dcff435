#include "transformer_learner.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world{.subjects = 16,
                          .types = 3,
                          .values = 4,
                          .typed_grammar = 2,
                          .neutral_grammar = 2,
                          .tuples = 4};
constexpr weft::nn::TransformerConfig model = attention_only(world, 32, 2, 2);

}  // namespace

// Seconds; to see that everything works.
const Preset& quick_preset() {
  static const Preset preset{.name = "quick",
                             .world = world,
                             .batch = 64,
                             .pretrain_steps = 1000,
                             .pretrain_limit = 1500,
                             .finetune_steps = 500,
                             .finetune_limit = 1000,
                             .monitor_rows = 128,
                             .check_rows = 1024,
                             .checks_required = false,
                             .make_learner = make_transformer_learner<model>};
  return preset;
}

}  // namespace contextual_recall
