#pragma once

#include "settings.hpp"

#include <nlohmann/json.hpp>

namespace context_vs_weights {

// config.json: all that is needed to repeat a run.
nlohmann::ordered_json configuration_of(const Preset& preset, std::uint64_t seed, int threads);

}  // namespace context_vs_weights
