#include "seeds.hpp"

#include "figures.hpp"

#include <weft/train/environment.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <numeric>

namespace experiment {

namespace {

// A check as it came out over several seeds.
struct CheckOverSeeds {
  Check check;                 // its value is the mean
  std::vector<double> values;  // by seed
  bool passed;                 // with every seed, or by the mean where that is asked
};

std::vector<CheckOverSeeds> over_seeds(const std::vector<Checks>& runs) {
  std::vector<CheckOverSeeds> result;
  for (std::size_t i = 0; i < runs.front().all().size(); ++i) {
    CheckOverSeeds over{runs.front().all()[i], {}, true};
    for (const Checks& run : runs) {
      over.values.push_back(run.all()[i].value);
      over.passed = over.passed && run.all()[i].passed();
    }
    over.check.value = std::accumulate(over.values.begin(), over.values.end(), 0.0) /
                       static_cast<double>(runs.size());
    if (over.check.of_mean) {
      over.check.required = true;
      over.passed = over.check.passed();
    }
    result.push_back(std::move(over));
  }
  return result;
}

nlohmann::ordered_json summary_of(const Experiment& experiment, const CommonOptions& options,
                                  const std::vector<CheckOverSeeds>& checks) {
  nlohmann::ordered_json summary{{"example", experiment.name}};
  for (const auto& [name, value] : experiment.settings) summary[name] = value;
  summary["first_seed"] = options.seed;
  summary["seeds"] = options.seeds;
  summary["checks"] = nlohmann::ordered_json::array();
  for (const CheckOverSeeds& over : checks) {
    auto entry = to_json(over.check);
    entry["values"] = over.values;
    entry["passed"] = over.passed;
    summary["checks"].push_back(entry);
  }
  return summary;
}

void print(const std::vector<CheckOverSeeds>& checks) {
  std::vector<TableRow> rows;
  for (const CheckOverSeeds& over : checks) {
    const auto [least, greatest] = std::minmax_element(over.values.begin(), over.values.end());
    rows.push_back({over.check.name,
                    {over.check.value, *least, *greatest},
                    verdict(over.check, over.passed)});
  }
  print_table({"mean", "least", "greatest"}, rows);
}

std::string text_of(const Experiment& experiment, const char* separator) {
  std::string text;
  for (const auto& setting : experiment.settings)
    text += (text.empty() ? "" : separator) + setting.second;
  return text;
}

std::string name_of_seed(std::uint64_t seed) { return "seed" + std::to_string(seed); }

int run_and_report(const Experiment& experiment, const CommonOptions& options) {
  const bool several = options.seeds > 1;
  std::string folder = options.out;
  if (folder.empty()) {
    folder = "runs/" + experiment.name + "/" + text_of(experiment, "-");
    if (!several) folder += "-" + name_of_seed(options.seed);
  }
  const RunDirectory top(folder);
  bool holds = true;
  std::vector<Checks> runs;
  std::vector<std::string> folders;
  for (int i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    const RunDirectory directory(several ? top.path() / name_of_seed(seed) : top.path());
    runs.push_back(experiment.run(seed, directory));
    holds = holds && runs.back().required_hold();
    folders.push_back(directory.path().string());
    if (!experiment.figures.empty()) draw_figures(experiment.figures, {folders.back()});
    std::printf("\n%s %s, seed %llu: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), static_cast<unsigned long long>(seed),
                folders.back().c_str());
    print(runs.back());
  }
  if (several) {
    const std::vector<CheckOverSeeds> checks = over_seeds(runs);
    top.write_json("summary.json", summary_of(experiment, options, checks));
    folders.insert(folders.begin(), "--summary=" + top.path().string());
    if (!experiment.figures.empty()) draw_figures(experiment.figures, folders);
    std::printf("\n%s %s, %d seeds: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), options.seeds, top.path().string().c_str());
    print(checks);
    for (const CheckOverSeeds& over : checks)
      holds = holds && (over.passed || !over.check.required);
  }
  return holds ? success : checks_failed;
}

}  // namespace

int run_seeds(const Experiment& experiment, const CommonOptions& options) {
  try {
    weft::print_environment(options.threads > 0 ? options.threads : weft::default_threads());
    return run_and_report(experiment, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", experiment.name.c_str(), error.what());
    return failure;
  }
}

}  // namespace experiment
