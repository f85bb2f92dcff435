#pragma once

#include "checks.hpp"
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

// What tells the runs of an Experiment or a SweepExperiment from those of others: {example, preset,
// ...}.
template <class AnyExperiment>
nlohmann::ordered_json identity_of(const AnyExperiment& experiment) {
  nlohmann::ordered_json identity{{"example", experiment.name}};
  for (const auto& [name, value] : experiment.settings) identity[name] = value;
  return identity;
}

}  // namespace experiment
