#pragma once

#include "checks.hpp"

#include <vector>

// The checks of several runs of one experiment, each with a seed of its own.

namespace experiment {

// A check as it came out over several seeds.
struct CheckOverSeeds {
  Check check;                 // its value is the mean
  std::vector<double> values;  // by seed
  bool passed;                 // with every seed, or by the mean where that is asked
};

// Throws weft::Error where the runs have not the same checks.
std::vector<CheckOverSeeds> over_seeds(const std::vector<Checks>& runs);

// Entries of a summary.json: as for one run, with the value of each seed and the 95 % bootstrap
// interval of their mean, which is null where a value is not a number or there is but one.
nlohmann::ordered_json to_json(const std::vector<CheckOverSeeds>& checks);

// A table of the mean, least and greatest of each.
void print(const std::vector<CheckOverSeeds>& checks);

}  // namespace experiment
