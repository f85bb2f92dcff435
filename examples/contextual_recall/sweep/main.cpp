// The sweeps of contextual recall: what the transition depends on. Models that only sweeps need are
// compiled here, each in a file of its own.

#include "sweeps.hpp"

int main(int argc, char** argv) {
  using namespace contextual_recall;
  experiment::CommonOptions options;
  options.seeds = 3;
  experiment::SweepOptions sweep_options;
  CLI::App app(
      "Sweeps of contextual recall (arXiv 2603.20969): one thing varied, all else as in the "
      "default recipe, but that finetuning always has 700 steps. A run takes about 20 seconds on "
      "one core.");
  experiment::add_run_options(app, options, {"default"});
  experiment::add_sweep_options(app, sweep_options, experiment::names_of(sweeps()));
  app.footer(
      "A sweep that was stopped goes on where it was when the same command is given again: runs "
      "that have ended are kept, and one that was under way starts anew.");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;
  return experiment::run_sweep({.name = "contextual_recall",
                                .settings = {{"preset", options.preset}},
                                .curves = curves_of(sweep_options.sweep)},
                               experiment::named(sweeps(), sweep_options.sweep), options,
                               sweep_options.jobs, sweep_options.point);
}
