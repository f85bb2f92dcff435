#pragma once

#include <weft/nn/transformer_config.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <nlohmann/json.hpp>

// Parts of config.json that examples share.

namespace experiment {

// The sizes and parts of a model.
nlohmann::ordered_json model_of(const weft::nn::TransformerConfig& config,
                                std::size_t parameters);

// How it is trained: lanes, optimiser and its options, but the learning rate.
nlohmann::ordered_json optimizer_of(const weft::LaneOptions& lanes,
                                    const weft::AdamWOptions& options);

}  // namespace experiment
