#pragma once

#include <nlohmann/json.hpp>

namespace experiment {

// What a program was built from and runs on, for config.json: a run has the same bits where all of
// it is the same but the threads, the processor and its instruction set.
nlohmann::ordered_json environment(int threads);

}  // namespace experiment
