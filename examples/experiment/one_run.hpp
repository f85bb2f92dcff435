#pragma once

#include "command_line.hpp"
#include "experiment.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace experiment {

// What its folder is called beside those of others: "seed3".
std::string name_of_seed(std::uint64_t seed);

struct Ended {
  Checks checks;
  bool is_complete;  // has its figures
};

// Runs it with this seed in this folder and draws its figures; with options.resume goes on with the
// run that is there, or takes what it ended with. Where several processes share the work, the first
// one writes. Throws weft::Error where the folder has a run that is another one, or another process
// that is at work there.
Ended run_one(const Experiment& experiment, const CommonOptions& options, std::uint64_t seed,
              const std::filesystem::path& folder);

}  // namespace experiment
