#pragma once

#include "settings.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <optional>

namespace task_vectors {

// Which experiments a run consists of.
struct Choice {
  bool bitwise = false, finetune = false, regression = false;
  std::string bases = "four";      // of regression
  std::optional<Format> format{};  // of regression; unset: the preset's
};

// "bitwise", "finetune", "regression" or "all"; bitwise and finetune where the name is empty.
Choice choice_of(const std::string& name);

// The settings of regression that are chosen.
const RegressionSettings& regression_of(const Preset& preset, const Choice& choice);

// One run. Writes everything but the figures to the directory. threads: 0 for
// weft::default_threads(). Throws weft::Error where something cannot be written or computed.
experiment::Checks run(const Preset& preset, const Choice& choice, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory);

}  // namespace task_vectors
