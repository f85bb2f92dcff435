#pragma once

#include "checks.hpp"
#include "command_line.hpp"
#include "run_directory.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace experiment {

// An example, set up but for the seed.
struct Experiment {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;  // {"preset", "default"}, ...
  // A Python script that draws the figures of a run, called with its folder, and those of several,
  // called with --summary=FOLDER and their folders. None where empty.
  std::string figures;
  std::function<Checks(std::uint64_t seed, const RunDirectory&)> run;  // writes all but figures
  // Loads one of the run's models, for --check; throws weft::Error where it is not what was saved.
  std::function<void(const std::string& path)> load = {};
};

// Runs it with each of the seeds the options name, and prints what it runs on, each closing table
// and, over several seeds, their summary. A run writes to options.out, by default
// runs/<name>/<settings>-seed<N>; several write to folders seed<N> of options.out, by default
// runs/<name>/<settings>, beside a summary.json of all: for each check its mean, with a bootstrap
// interval, and its values. Returns the status to exit with; what is
// thrown is printed.
int run_seeds(const Experiment& experiment, const CommonOptions& options);

}  // namespace experiment
