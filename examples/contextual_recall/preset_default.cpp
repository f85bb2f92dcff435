#include "transformer_learner.hpp"

namespace contextual_recall {

namespace {

constexpr WorldSize world{};
constexpr weft::nn::TransformerConfig model = attention_only(world, 64, 4, 2);

}  // namespace

// The size the paper page recommends: 64 subjects, 4 types, 8 values, width 64.
const Preset& default_preset() {
  static const Preset preset{.name = "default",
                             .world = world,
                             .batch = 128,
                             .pretrain_steps = 900,
                             .pretrain_limit = 2000,
                             .finetune_steps = 700,
                             .finetune_limit = 2000,
                             .monitor_rows = 512,
                             .check_rows = 4096,
                             .checks_required = true,
                             .make_learner = make_transformer_learner<model>};
  return preset;
}

}  // namespace contextual_recall
