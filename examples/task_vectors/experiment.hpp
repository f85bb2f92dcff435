#pragma once

#include "settings.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

namespace task_vectors {

// Which experiments a run consists of.
struct Choice {
  bool bitwise = false, finetune = false, regression = false;
};

// "bitwise", "finetune", "regression" or "all"; bitwise and finetune where the name is empty.
Choice choice_of(const std::string& name);

// One run. Writes everything but the figures to the directory. threads: 0 for
// weft::default_threads(). Throws weft::Error where something cannot be written or computed, and
// for a choice of regression alone, which is not there yet.
experiment::Checks run(const Preset& preset, const Choice& choice, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory);

}  // namespace task_vectors
