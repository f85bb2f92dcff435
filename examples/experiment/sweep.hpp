#pragma once

#include "command_line.hpp"
#include "run_directory.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

// One thing varied, all else being equal, several seeds at each place.

namespace experiment {

// A place on the axis of a sweep.
struct SweepPoint {
  std::string name;  // on the axis, and of its folder
  // Writes what it likes but summary.json, and returns the measures: an object of numbers by name.
  std::function<nlohmann::ordered_json(std::uint64_t seed, int threads, const RunDirectory&)> run;
};

struct Sweep {
  std::string name;  // as --sweep has it
  std::string axis;  // what is varied, in words
  std::vector<SweepPoint> points;
};

// What is drawn, if anything is: measures and their labels. One named "chance" is drawn as that.
using SweepCurves = std::vector<std::pair<std::string, std::string>>;

// An example's sweeps.
struct SweepExperiment {
  std::string name;                                           // of the example
  std::vector<std::pair<std::string, std::string>> settings;  // {"preset", "default"}, ...
  SweepCurves curves;
  // A Python script that draws the figure, called with the sweep's folder. Where empty, the curves
  // are drawn over the points.
  std::string figures = {};
};

struct SweepOptions {
  std::string sweep;
  std::string point;  // the only one that is run, without gathering; empty: all
  int jobs = 1;       // runs at once
};

// Adds --sweep, which is required and takes one of the names, --point and --jobs.
void add_sweep_options(CLI::App& app, SweepOptions& options,
                       const std::vector<std::string>& names);

// Runs each point with each of the seeds that the options name, so many runs at once, each on
// default_threads() / jobs threads where the options name none. A run writes to <point>/seed<N> of
// options.out, by default runs/<example>/<settings>-sweep-<name>, and its summary.json there comes
// last: {example, settings, sweep, point, seed, measures, seconds}. One that has it already, with
// the same settings, is not run again; so a sweep that was stopped goes on where it was. At last
// all measures are gathered in a summary.json beside the points, with their means and Student's
// 95 % intervals over the seeds, and drawn.
//
// With the name of a point only its runs are made, and nothing is gathered; with
// options.sweep_list nothing is run, and a command for each run is printed that does this, for
// other programs to run in any order.
//
// Returns the status to exit with: failure where a run failed, after all others were run. What is
// thrown is printed.
int run_sweep(const SweepExperiment& experiment, const Sweep& sweep, const CommonOptions& options,
              int jobs, const std::string& point = {});

}  // namespace experiment
