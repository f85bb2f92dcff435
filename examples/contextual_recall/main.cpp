// Contextual recall (arXiv 2603.20969): pretraining stores facts, and only finetuning on implicit
// inference makes them recallable from examples, for subjects it never saw.

#include "experiment.hpp"

#include "../experiment/command_line.hpp"
#include "../experiment/figures.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

namespace {

using namespace contextual_recall;

const Recipe recipes[] = {
    {.name = "default", .finetuned_share = 0.75, .replay = 0.4},
    {.name = "strict", .finetuned_share = 0.5, .replay = 0},
};

struct Options : experiment::CommonOptions {
  std::string recipe = "default";
};

const Preset& preset_named(const std::string& name) {
  if (name == "quick") return quick_preset();
  if (name == "large") return large_preset();
  return default_preset();
}

const Recipe& recipe_named(const std::string& name) {
  return *std::find_if(std::begin(recipes), std::end(recipes),
                       [&](const Recipe& recipe) { return recipe.name == name; });
}

// The mean, least and greatest value of each check over the seeds.
nlohmann::ordered_json summary_of(const std::vector<Outcome>& outcomes, const Options& options) {
  auto checks = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < outcomes.front().checks.all().size(); ++i) {
    auto values = nlohmann::ordered_json::array();
    bool passed = true;
    double sum = 0;
    for (const Outcome& outcome : outcomes) {
      const experiment::Check& check = outcome.checks.all()[i];
      values.push_back(check.value);
      sum += check.value;
      passed = passed && check.passed();
    }
    auto entry = experiment::to_json(outcomes.front().checks)[i];
    entry["value"] = sum / static_cast<double>(outcomes.size());
    entry["values"] = values;
    entry["passed"] = passed;
    checks.push_back(entry);
  }
  return {{"example", "contextual_recall"},
          {"preset", options.preset},
          {"recipe", options.recipe},
          {"first_seed", options.seed},
          {"seeds", options.seeds},
          {"checks", checks}};
}

int run_all(const Options& options) {
  const Preset& preset = preset_named(options.preset);
  const Recipe& recipe = recipe_named(options.recipe);
  const std::string stem = "runs/contextual_recall/" + options.preset + "-" + options.recipe;
  const auto seed_name = [](std::uint64_t seed) { return "seed" + std::to_string(seed); };
  std::vector<Outcome> outcomes;
  std::vector<std::string> folders;
  const bool several = options.seeds > 1;
  const std::string root = !options.out.empty() ? options.out
                           : several            ? stem
                                                : stem + "-" + seed_name(options.seed);
  const experiment::RunDirectory top(root);
  for (int i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    const experiment::RunDirectory directory(several ? top.path() / seed_name(seed) : top.path());
    outcomes.push_back(run(preset, recipe, seed, options.threads, directory));
    folders.push_back(directory.path().string());
    experiment::draw_figures(EXAMPLE_FOLDER "/figures.py", {folders.back()});
    std::printf("\n%s, %s recipe, seed %llu: %s\n\n", preset.name.c_str(), recipe.name.c_str(),
                static_cast<unsigned long long>(seed), folders.back().c_str());
    experiment::print(outcomes.back().checks);
  }
  if (several) {
    const auto summary = summary_of(outcomes, options);
    top.write_json("summary.json", summary);
    folders.insert(folders.begin(), "--summary=" + top.path().string());
    experiment::draw_figures(EXAMPLE_FOLDER "/figures.py", folders);
    std::printf("\n%d seeds: %s\n\n%-28s %8s %8s %8s\n", options.seeds,
                top.path().string().c_str(), "check", "mean", "least", "greatest");
    for (const auto& check : summary["checks"]) {
      const auto [least, greatest] =
          std::minmax_element(check["values"].begin(), check["values"].end());
      std::printf("%-28s %8.3f %8.3f %8.3f  %s\n", check["name"].get<std::string>().c_str(),
                  check["value"].get<double>(), least->get<double>(), greatest->get<double>(),
                  check["passed"].get<bool>() ? "passed" : "FAILED");
    }
  }
  const bool hold = std::all_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
    return outcome.checks.required_hold();
  });
  return hold ? experiment::success : experiment::checks_failed;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Contextual recall (arXiv 2603.20969) with an attention-only transformer. On 2 cores the "
      "preset quick takes seconds, default about 20 seconds, large a quarter of an hour or more.");
  experiment::add_common_options(app, options, {"quick", "default", "large"});
  app.add_option("--recipe", options.recipe, "default: 3/4 of the subjects, with replay; "
                                             "strict: half of them, without")
      ->check(CLI::IsMember({"default", "strict"}))
      ->capture_default_str();
  if (const auto status = experiment::parse(app, argc, argv)) return *status;
  try {
    return run_all(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "contextual_recall: %s\n", error.what());
    return experiment::failure;
  }
}
