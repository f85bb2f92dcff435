#include "transformer_learner.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world{.subjects = 512, .types = 8, .values = 16};
constexpr weft::nn::TransformerConfig model = attention_only(world, 128, 4, 2);

}  // namespace

// Sixteen times the facts: 512 subjects, 8 types, 16 values, width 128.
const Preset& large_preset() {
  static const Preset preset{.name = "large",
                             .world = world,
                             .batch = 256,
                             .pretrain_steps = 3000,
                             .pretrain_limit = 8000,
                             .finetune_steps = 1500,
                             .finetune_limit = 4000,
                             .monitor_rows = 512,
                             .check_rows = 4096,
                             .checks_required = true,
                             .make_learner = make_transformer_learner<model>};
  return preset;
}

}  // namespace contextual_recall
