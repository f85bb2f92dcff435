#pragma once

#include "learner.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <nlohmann/json.hpp>

namespace contextual_recall {

// How a model is finetuned.
struct Recipe {
  std::string name;
  double finetuned_share;  // of the subjects, the only ones in finetuning prompts
  double replay;           // probability that a batch of finetuning is one of pretraining
};

struct Outcome {
  experiment::Checks checks;
  nlohmann::ordered_json summary;  // what summary.json holds
};

// One run: pretraining, measuring, finetuning, measuring, controls. Writes everything but the
// figures to the directory. Throws weft::Error where something cannot be written or computed.
Outcome run(const Preset& preset, const Recipe& recipe, std::uint64_t seed, int threads,
            const experiment::RunDirectory& directory);

}  // namespace contextual_recall
