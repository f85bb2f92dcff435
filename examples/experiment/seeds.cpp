#include "seeds.hpp"

#include "bootstrap.hpp"
#include "environment.hpp"
#include "figures.hpp"
#include "interruption.hpp"
#include "own_command.hpp"
#include "processes.hpp"

#include <weft/core/environment.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <optional>

#include <stdlib.h>

// Null where LAPACK is another one than OpenBLAS's.
extern "C" [[gnu::weak]] void openblas_set_num_threads(int threads);

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

// The 95 % bootstrap interval of the mean; null where there is none.
nlohmann::ordered_json interval_of(const CheckOverSeeds& over) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  if (!std::all_of(over.values.begin(), over.values.end(), is_number)) return nullptr;
  const Interval interval =
      bootstrap_interval(over.values, weft::Random(0).fork("seeds", over.check.name));
  return {interval.low, interval.high};
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
    entry["interval"] = interval_of(over);
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

weft::CheckpointOptions checkpoint_options(const Experiment& experiment,
                                           const CommonOptions& options, std::uint64_t seed) {
  weft::Metadata run{{"example", experiment.name}, {"seed", std::to_string(seed)}};
  for (const auto& [name, value] : experiment.settings) run[name] = value;
  const auto built = environment(1);
  for (const char* name : {"weft", "compiler", "instruction_set"}) run[name] = built[name];
  return {.every_steps = options.checkpoint_every.steps,
          .every_seconds = options.checkpoint_every.seconds,
          .resume = options.resume,
          .writes = is_first_process(),
          .run = run,
          .should_stop = [] { return is_true_of_any(noted_signal() != 0); }};
}

// A folder for what other processes than the first write, and no one reads.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-rank-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) weft::fail("run", "no temporary folder can be made", pattern);
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Throws weft::Error where a summary says that it is of another run.
void check_is_of(const Experiment& experiment, std::uint64_t seed, const std::string& folder,
                 const nlohmann::ordered_json& summary) {
  nlohmann::ordered_json run{{"example", experiment.name}, {"seed", seed}};
  for (const auto& [name, value] : experiment.settings)
    if (summary.contains(name) && summary[name].is_string()) run[name] = value;
  for (const auto& [name, value] : run.items())
    if (summary.contains(name) && summary[name] != value)
      weft::fail("resume", "the run that has ended in the folder must be the one that is asked for",
                 folder + ": " + name + " is " + summary[name].dump() + " there and " +
                     value.dump() + " here");
}

// The checks of a run: of one that has ended in this folder, if it is to be resumed, else of a new
// one.
Checks run_one(const Experiment& experiment, const CommonOptions& options, std::uint64_t seed,
               const std::filesystem::path& folder) {
  if (options.resume)
    if (const auto summary = summary_in(folder)) {
      check_is_of(experiment, seed, folder.string(), *summary);
      std::printf("\n%s has ended before: %s\n", name_of_seed(seed).c_str(),
                  folder.string().c_str());
      return checks_of(*summary);
    }
  const weft::CheckpointOptions checkpoints = checkpoint_options(experiment, options, seed);
  if (!is_first_process()) {
    const Scratch scratch;
    const RunDirectory directory(scratch.path(), folder / "checkpoints", checkpoints);
    meet_processes();
    return experiment.run(seed, directory);
  }
  meet_processes();  // the others have read what there was
  const RunDirectory directory(folder, folder / "checkpoints", checkpoints);
  const Checks checks = experiment.run(seed, directory);
  directory.remove_checkpoints();
  if (!experiment.figures.empty()) draw_figures(experiment.figures, {folder.string()});
  return checks;
}

// Where the results of all seeds go.
std::filesystem::path folder_of(const Experiment& experiment, const CommonOptions& options) {
  if (!options.out.empty()) return options.out;
  const std::string folder = "runs/" + experiment.name + "/" + text_of(experiment, "-");
  return options.seeds > 1 ? folder : folder + "-" + name_of_seed(options.seed);
}

// Loads every model of a run.
int check_models(const Experiment& experiment, const std::filesystem::path& folder) {
  if (!experiment.load) weft::fail("check", "this program saves no models that it can load");
  std::size_t checked = 0;
  for (const std::string& name : weft::names_in_folder(folder.string())) {
    if (!name.starts_with("model_") || !name.ends_with(".safetensors")) continue;
    const std::string path = (folder / name).string();
    experiment.load(path);
    const bool has_example = weft::SafetensorsFile(path).find("example.output");
    std::printf("%s: %s\n", name.c_str(), has_example ? "as stored" : "no example stored");
    ++checked;
  }
  if (checked == 0) weft::fail("check", "the folder must have models of a run", folder.string());
  return success;
}

// A command for each seed, which passes over a run that has ended.
int list_commands(const std::filesystem::path& top, const CommonOptions& options) {
  std::vector<std::string> words = own_command();
  for (const char* option : {"--seed", "--seeds", "--out"})
    words = without_option(words, option, true);
  for (const char* option : {"--sweep-list", "--resume"})
    words = without_option(words, option, false);
  for (int i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    const std::filesystem::path folder = options.seeds > 1 ? top / name_of_seed(seed) : top;
    std::vector<std::string> command = words;
    command.insert(command.end(), {"--seed", std::to_string(seed), "--out", folder.string(),
                                   "--resume"});
    std::printf("%s\n", shell_text(command).c_str());
  }
  return success;
}

int run_and_report(const Experiment& experiment, const CommonOptions& options) {
  const bool several = options.seeds > 1;
  const std::filesystem::path top = folder_of(experiment, options);
  if (options.sweep_list) return list_commands(top, options);
  if (options.check) return check_models(experiment, top);
  std::optional<RunDirectory> over_all;
  if (several && is_first_process()) over_all.emplace(top);
  bool holds = true;
  std::vector<Checks> runs;
  std::vector<std::string> folders;
  for (int i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    const std::filesystem::path folder = several ? top / name_of_seed(seed) : top;
    runs.push_back(run_one(experiment, options, seed, folder));
    folders.push_back(folder.string());
    holds = holds && runs.back().required_hold();
    std::printf("\n%s %s, seed %llu: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), static_cast<unsigned long long>(seed),
                folders.back().c_str());
    print(runs.back());
  }
  if (several) {
    const std::vector<CheckOverSeeds> checks = over_seeds(runs);
    if (over_all) over_all->write_json("summary.json", summary_of(experiment, options, checks));
    folders.insert(folders.begin(), "--summary=" + top.string());
    if (over_all && !experiment.figures.empty()) draw_figures(experiment.figures, folders);
    std::printf("\n%s %s, %d seeds: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), options.seeds, top.string().c_str());
    print(checks);
    for (const CheckOverSeeds& over : checks)
      holds = holds && (over.passed || !over.check.required);
  }
  return holds ? success : checks_failed;
}

// LAPACK's sums depend on how many threads it takes, which depends on the machine.
void use_one_thread_for_lapack() {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
}

}  // namespace

int run_seeds(const Experiment& experiment, const CommonOptions& options) {
  end_on_signals();
  use_one_thread_for_lapack();
  try {
    join_processes();
    weft::print_environment(options.threads > 0 ? options.threads : weft::default_threads());
    return run_and_report(experiment, options);
  } catch (const std::exception& error) {
    const std::string reason = experiment.name + ": " + error.what() + "\n";
    const int signal = noted_signal();
    return signal ? leave_processes(128 + signal, reason + resume_advice())
                  : leave_processes(failure, reason);
  }
}

}  // namespace experiment
