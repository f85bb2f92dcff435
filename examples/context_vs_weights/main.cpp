// Context against weights (arXiv 2210.05675): the same three facts about two features, stored in a
// transformer's weights or shown in its context. For the fourth it follows a rule in one case, and
// similarity in the other.

#include "experiment.hpp"

#include "../experiment/run_seeds.hpp"

int main(int argc, char** argv) {
  using namespace context_vs_weights;
  experiment::CommonOptions options;
  CLI::App app(
      "Rules and exemplars in weights and in context (arXiv 2210.05675). On 2 cores the preset "
      "quick takes seconds, default 2 to 3 minutes, paper days.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  app.footer(
      "examples/run context_vs_weights --sweep NAME [--jobs N] varies one thing, with models that "
      "are built for it: share, depth, noise, exemplars or interleaved; or looks at the heads.");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;

  const Preset& preset = experiment::named(presets(), options.preset);
  return experiment::run_seeds(
      {.name = "context_vs_weights",
       .settings = {{"preset", preset.name}},
       .figures = EXAMPLE_FOLDER "/figures.py",
       .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
         return run(preset, seed, options.threads, directory);
       },
       .load = [&](const std::string& path) {
         preset.make_learner(weft::Random(0), {}).load(path);
       }},
      options);
}
