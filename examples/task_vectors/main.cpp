// Task vectors (arXiv 2412.12276): a transformer learns to infer a task from examples, and to act
// on it, at the same time; how well the task can be read off its states tells how well it does.

#include "experiment.hpp"

#include "../experiment/run_seeds.hpp"

#include <optional>

int main(int argc, char** argv) {
  using namespace task_vectors;
  experiment::CommonOptions options;
  std::string experiments, bases = "four", format;
  std::optional<std::size_t> basis_steps;
  bool with_null = false;
  CLI::App app(
      "Task vectors (arXiv 2412.12276) with a small transformer. On 2 cores the preset quick takes "
      "seconds, default 2 to 3 minutes for bitwise and finetune, paper days.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  app.add_option("--experiment", experiments,
                 "bitwise: hidden operators; finetune: early against late blocks; "
                 "regression: sparse linear functions; by default bitwise and finetune")
      ->check(CLI::IsMember({"bitwise", "finetune", "regression", "all"}));
  app.add_option("--bases", bases,
                 "of regression: four or six beside each other, or eight that overlap")
      ->check(CLI::IsMember(base_kinds))
      ->capture_default_str();
  app.add_option("--format", format,
                 "of regression: interleaved, x and y by turns, or packed, a token for both; by "
                 "default interleaved for the preset paper, else packed")
      ->check(CLI::IsMember({"interleaved", "packed"}));
  app.add_option("--basis-steps", basis_steps,
                 "of regression: steps of training after which there is another basis, 0 for all "
                 "from the start; by default as the preset has it")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--null", with_null, "a seventh operator whose answers are coin flips");
  if (const auto status = experiment::parse(app, argc, argv)) return *status;

  Preset preset = experiment::named(presets(), options.preset);
  const experiment::CheckpointEvery& every = options.checkpoint_every;
  if (preset.name == "paper" && every.steps == 0 && every.seconds == 0)
    options.checkpoint_every.seconds = 15 * 60;
  Choice choice = choice_of(experiments);
  choice.bases = bases;
  if (!format.empty())
    choice.format = format == "packed" ? Format::packed : Format::interleaved;
  std::vector<std::pair<std::string, std::string>> settings{{"preset", preset.name}};
  if (!experiments.empty()) settings.emplace_back("experiment", experiments);
  if (bases != "four") settings.emplace_back("bases", bases);
  if (!format.empty()) settings.emplace_back("format", format);
  if (basis_steps) {
    for (RegressionSettings& one : preset.regressions) one.basis_steps = *basis_steps;
    preset.checks_required = false;
    settings.emplace_back("basis_steps", "basis-steps-" + std::to_string(*basis_steps));
  }
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
         return run(preset, choice, seed, options.threads, directory);
       },
       .load = [&](const std::string& path) {
         const weft::Random random(0);
         if (path.ends_with(regression_model))
           regression_of(preset, choice).make_learner(random, options.threads).load(path);
         else
           preset.make_learner(random, options.threads).load(path);
       }},
      options);
}
