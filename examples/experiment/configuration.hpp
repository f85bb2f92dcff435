#pragma once

#include "learner.hpp"

#include <nlohmann/json.hpp>

// Parts of config.json that examples share.

namespace experiment {

// The sizes and parts of a model.
nlohmann::ordered_json model_of(const Learner& learner);

// How it is trained: lanes, optimiser and its options, but the learning rate.
nlohmann::ordered_json optimizer_of(const Learner& learner, const weft::AdamWOptions& options);

}  // namespace experiment
