#include "configuration.hpp"

namespace experiment {

nlohmann::ordered_json model_of(const Learner& learner) {
  const weft::nn::TransformerConfig& config = learner.config;
  return {{"positions", config.positions},
          {"width", config.width},
          {"heads", config.heads},
          {"layers", config.layers},
          {"mlp", config.mlp},
          {"norm", config.norm},
          {"bias", config.bias},
          {"tied", config.tied},
          {"parameters", learner.parameters}};
}

nlohmann::ordered_json optimizer_of(const Learner& learner, const weft::AdamWOptions& options) {
  return {{"lanes", learner.lanes.lanes},
          {"microbatch", learner.lanes.microbatch},
          {"optimizer", "AdamW"},
          {"beta1", options.beta1},
          {"beta2", options.beta2},
          {"epsilon", options.epsilon},
          {"weight_decay", options.weight_decay},
          {"clip_norm", options.clip_norm}};
}

}  // namespace experiment
