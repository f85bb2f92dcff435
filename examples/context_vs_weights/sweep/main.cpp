// The sweeps of context against weights: what generalisation from context depends on. Models that
// only sweeps need are compiled here, each in a file of its own.

#include "sweeps.hpp"

int main(int argc, char** argv) {
  using namespace context_vs_weights;
  experiment::CommonOptions options;
  options.seeds = 3;
  experiment::SweepOptions sweep_options;
  CLI::App app(
      "Sweeps of context against weights (arXiv 2210.05675): one thing varied, all else as in the "
      "preset, a model of each training with each seed. A run takes half a minute on one core.");
  experiment::add_run_options(app, options, {"quick", "default"});
  experiment::add_sweep_options(app, sweep_options, experiment::names_of(sweeps(default_preset())));
  app.footer(
      "A sweep that was stopped goes on where it was when the same command is given again: runs "
      "that have ended are kept, and one that was under way starts anew.");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;
  const std::vector<experiment::Sweep> all =
      sweeps(experiment::named(presets(), options.preset));
  return experiment::run_sweep({.name = "context_vs_weights",
                                .settings = {{"preset", options.preset}},
                                .curves = curves_of(sweep_options.sweep),
                                .figures = figures_of(sweep_options.sweep)},
                               experiment::named(all, sweep_options.sweep), options,
                               sweep_options.jobs, sweep_options.point);
}
