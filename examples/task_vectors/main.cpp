// Task vectors (arXiv 2412.12276): a transformer learns to infer a task from examples, and to act
// on it, at the same time; how well the task can be read off its states tells how well it does.

#include "experiment.hpp"

#include "../experiment/seeds.hpp"

int main(int argc, char** argv) {
  using namespace task_vectors;
  experiment::CommonOptions options;
  std::string choice;
  bool with_null = false;
  CLI::App app(
      "Task vectors (arXiv 2412.12276) with a small transformer. On 2 cores the preset quick takes "
      "seconds, default 2 to 3 minutes, paper days.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  app.add_option("--experiment", choice,
                 "bitwise: hidden operators; finetune: early against late blocks; "
                 "regression: not there yet; by default bitwise and finetune")
      ->check(CLI::IsMember({"bitwise", "finetune", "regression", "all"}));
  app.add_flag("--null", with_null, "a seventh operator whose answers are coin flips");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;

  Preset preset = experiment::named(presets(), options.preset);
  const Choice chosen = choice_of(choice);
  std::vector<std::pair<std::string, std::string>> settings{{"preset", preset.name}};
  if (!choice.empty()) settings.emplace_back("experiment", choice);
  if (with_null) {
    preset.size.null = true;
    preset.checks_required = false;
    settings.emplace_back("operators", "null");
  }
  return experiment::run_seeds(
      {.name = "task_vectors",
       .settings = settings,
       .figures = EXAMPLE_FOLDER "/figures.py",
       .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
         return run(preset, chosen, seed, options.threads, directory);
       },
       .load = [&](const std::string& path) {
         preset.make_learner(weft::Random(0), options.threads).load(path);
       }},
      options);
}
