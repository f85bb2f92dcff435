// Contextual recall (arXiv 2603.20969): pretraining stores facts, and only finetuning on implicit
// inference makes them recallable from examples, for subjects it never saw.

#include "construction_run.hpp"
#include "experiment.hpp"

#include "../experiment/run_seeds.hpp"

int main(int argc, char** argv) {
  using namespace contextual_recall;
  experiment::CommonOptions options;
  std::string recipe_name = "default";
  bool construct = false;
  CLI::App app(
      "Contextual recall (arXiv 2603.20969) with an attention-only transformer. On 2 cores the "
      "preset quick takes seconds, default about 20 seconds, large 5 to 10 minutes; with the "
      "recipe strict each takes about three times as long.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  auto* recipe_option =
      app.add_option("--recipe", recipe_name,
                     "default: 3/4 of the subjects, with replay; "
                     "strict: half of them, without, after longer pretraining")
          ->check(CLI::IsMember(experiment::names_of(recipes())))
          ->capture_default_str();
  app.add_flag("--construct", construct,
               "weights that are written down instead of trained, exact and with Gaussian "
               "embeddings (presets quick and default; a minute)")
      ->excludes(recipe_option);
  app.final_callback([&] {
    if (construct && !experiment::named(presets(), options.preset).construction)
      throw CLI::ValidationError("--construct",
                                 "preset " + options.preset + " has no construction");
  });
  app.footer(
      "examples/run contextual_recall --sweep NAME [--jobs N] varies one thing, with models that "
      "are built for it: fraction, types, neutral, layers, parts, task or replay.");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;

  const Preset& preset = experiment::named(presets(), options.preset);
  if (construct)
    return experiment::run_seeds(
        {.name = "contextual_recall",
         .settings = {{"preset", preset.name}, {"mode", "construct"}},
         .figures = EXAMPLE_FOLDER "/construction_figures.py",
         .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
           return run_construction(preset, seed, options.threads, directory);
         }},
        options);

  const Recipe& recipe = experiment::named(recipes(), recipe_name);
  return experiment::run_seeds(
      {.name = "contextual_recall",
       .settings = {{"preset", preset.name}, {"recipe", recipe.name}},
       .figures = EXAMPLE_FOLDER "/figures.py",
       .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
         return run(preset, recipe, seed, options.threads, directory);
       },
       .load = [&](const std::string& path) {
         preset.make_learner(weft::Random(0), options.threads).load(path);
       }},
      options);
}
