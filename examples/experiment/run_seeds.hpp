#pragma once

#include "command_line.hpp"
#include "experiment.hpp"

namespace experiment {

// Runs it with each of the seeds the options name, and prints what it runs on, each closing table
// and, over several seeds, their summary. A run writes to options.out, by default
// runs/<name>/<settings>-seed<N>; several write to folders seed<N> of options.out, by default
// runs/<name>/<settings>, beside a summary.json of all: for each check its mean, with a bootstrap
// interval, and its values. A seed that fails leaves the others be, is named in the end, and in the
// summary's list "failed". Returns the status to exit with; what is thrown is printed.
int run_seeds(const Experiment& experiment, const CommonOptions& options);

}  // namespace experiment
