#include "configuration.hpp"

namespace experiment {

nlohmann::ordered_json model_of(const weft::nn::TransformerConfig& config,
                                std::size_t parameters) {
  return {{"positions", config.positions},
          {"width", config.width},
          {"heads", config.heads},
          {"layers", config.layers},
          {"mlp", config.mlp},
          {"norm", config.norm},
          {"bias", config.bias},
          {"tied", config.tied},
          {"parameters", parameters}};
}

nlohmann::ordered_json optimizer_of(const weft::LaneOptions& lanes,
                                    const weft::AdamWOptions& options) {
  return {{"lanes", lanes.lanes},
          {"microbatch", lanes.microbatch},
          {"optimizer", "AdamW"},
          {"beta1", options.beta1},
          {"beta2", options.beta2},
          {"epsilon", options.epsilon},
          {"weight_decay", options.weight_decay},
          {"clip_norm", options.clip_norm}};
}

}  // namespace experiment
