// Context against weights (arXiv 2210.05675): the same three facts about two features, stored in a
// transformer's weights or shown in its context. For the fourth it follows a rule in one case, and
// similarity in the other.

#include "experiment.hpp"
#include "sweep.hpp"

#include "../experiment/seeds.hpp"

int main(int argc, char** argv) {
  using namespace context_vs_weights;
  experiment::CommonOptions options;
  std::string sweep;
  CLI::App app(
      "Rules and exemplars in weights and in context (arXiv 2210.05675). On 2 cores the preset "
      "quick takes seconds, default 2 to 3 minutes, paper days.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  app.add_option("--sweep", sweep,
                 "instead: vary the share of training contexts with a rule, the depth, the noise "
                 "or the exemplars of a class; or look at the heads")
      ->check(CLI::IsMember(sweep_names()));
  if (const auto status = experiment::parse(app, argc, argv)) return *status;

  const Preset preset = experiment::named(presets(), options.preset);
  std::vector<std::pair<std::string, std::string>> settings{{"preset", preset.name}};
  if (!sweep.empty()) settings.emplace_back("sweep", sweep);
  return experiment::run_seeds(
      {.name = "context_vs_weights",
       .settings = settings,
       .figures = EXAMPLE_FOLDER "/figures.py",
       .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
         return sweep.empty() ? run(preset, seed, options.threads, directory)
                              : run_sweep(sweep, preset, seed, options.threads, directory);
       }},
      options);
}
