// Context awareness (arXiv 2411.02688): instruction tuning teaches a model to answer from memory
// where its context says otherwise; the skill to use the context is masked, not lost.

#include "experiment.hpp"

#include "../experiment/run_seeds.hpp"

int main(int argc, char** argv) {
  using namespace context_awareness;
  experiment::CommonOptions options;
  std::string scenario_name = "strong", beta = "auto";
  Choices choices;
  CLI::App app(
      "Context awareness (arXiv 2411.02688) with a small transformer. On 2 cores the preset quick "
      "takes seconds, default 2 to 3 minutes, large hours. The checks are asked of the means over "
      "several seeds: --seeds 5.");
  experiment::add_common_options(app, options, experiment::names_of(presets()));
  app.add_option("--scenario", scenario_name,
                 "strong: in 4 of 10 instructions the answer is a fact that the context "
                 "contradicts; mild: in none")
      ->check(CLI::IsMember(experiment::names_of(scenarios())))
      ->capture_default_str();
  app.add_option("--alpha", choices.alpha,
                 "what steering multiplies attention outside the user's part by; by default chosen "
                 "on questions of its own")
      ->check(experiment::number_in(1e-6, 1));
  app.add_option("--beta", beta,
                 "score above which a question counts as dependent on its context; auto: the "
                 "quantile that marks a tenth")
      ->check(experiment::number_in(0, 1) | CLI::IsMember({"auto"}))
      ->capture_default_str();
  if (const auto status = experiment::parse(app, argc, argv)) return *status;
  if (beta != "auto") choices.beta = std::stod(beta);

  const Preset& preset = experiment::named(presets(), options.preset);
  const Scenario& scenario = experiment::named(scenarios(), scenario_name);
  std::vector<std::pair<std::string, std::string>> settings{{"preset", preset.name},
                                                            {"scenario", scenario.name}};
  if (choices.alpha) settings.emplace_back("alpha", std::to_string(*choices.alpha));
  if (choices.beta) settings.emplace_back("beta", beta);
  return experiment::run_seeds(
      {.name = "context_awareness",
       .settings = settings,
       .figures = EXAMPLE_FOLDER "/figures.py",
       .run = [&](std::uint64_t seed, const experiment::RunDirectory& directory) {
         return run(preset, scenario, choices, seed, options.threads, directory);
       },
       .load = [&](const std::string& path) {
         preset.make_learner(weft::Random(0), options.threads).load(path);
       }},
      options);
}
