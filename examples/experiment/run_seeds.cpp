#include "run_seeds.hpp"

#include "figures.hpp"
#include "interruption.hpp"
#include "one_run.hpp"
#include "over_seeds.hpp"
#include "own_command.hpp"
#include "processes.hpp"

#include <weft/core/environment.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>

// Null where LAPACK is another one than OpenBLAS's.
extern "C" [[gnu::weak]] void openblas_set_num_threads(int threads);

namespace experiment {

namespace {

// A seed without a result, and why.
struct FailedSeed {
  std::uint64_t seed;
  std::string error;
};

// What the seeds came to.
struct Gathered {
  std::vector<Checks> runs;          // of those that have ended, in order
  std::vector<std::string> folders;  // their folders
  std::vector<FailedSeed> failed;
  bool holds = true, is_complete = true;
};

nlohmann::ordered_json to_json(const std::vector<FailedSeed>& failed) {
  auto list = nlohmann::ordered_json::array();
  for (const FailedSeed& one : failed) list.push_back({{"seed", one.seed}, {"error", one.error}});
  return list;
}

nlohmann::ordered_json summary_of(const Experiment& experiment, const CommonOptions& options,
                                  const std::vector<CheckOverSeeds>& checks,
                                  const std::vector<FailedSeed>& failed) {
  nlohmann::ordered_json summary = identity_of(experiment);
  summary["first_seed"] = options.seed;
  summary["seeds"] = options.seeds;
  if (!failed.empty()) summary["failed"] = to_json(failed);
  summary["threads"] = options.threads > 0 ? options.threads : weft::default_threads();
  summary["instruction_set"] = weft::instruction_set;
  summary["checks"] = to_json(checks);
  return summary;
}

std::string text_of(const Experiment& experiment, const char* separator) {
  std::string text;
  for (const auto& setting : experiment.settings)
    text += (text.empty() ? "" : separator) + setting.second;
  return text;
}

// Where the results of all seeds go.
std::filesystem::path folder_of(const Experiment& experiment, const CommonOptions& options) {
  if (!options.out.empty()) return options.out;
  const std::string folder = "runs/" + experiment.name + "/" + text_of(experiment, "-");
  return options.seeds > 1 ? folder : folder + "-" + name_of_seed(options.seed);
}

// Loads every model of a run.
void check_models(const Experiment& experiment, const std::filesystem::path& folder) {
  if (!experiment.load) weft::fail("check", "this program saves no models that it can load");
  std::size_t checked = 0;
  for (const std::string& name : weft::names_in_folder(folder.string())) {
    if (!name.starts_with("model_") || !name.ends_with(".safetensors")) continue;
    const std::string path = (folder / name).string();
    experiment.load(path);
    if (!weft::SafetensorsFile(path).find("example.output"))
      weft::fail("check", "a model must have an example stored with it", path);
    std::printf("%s: as stored\n", path.c_str());
    ++checked;
  }
  if (checked == 0) weft::fail("check", "the folder must have models of a run", folder.string());
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

// Runs one seed. With several the others go on where it fails, unless the program is to stop, or
// shares its work with processes that would wait for this one.
void run_seed(const Experiment& experiment, const CommonOptions& options, std::uint64_t seed,
              const std::filesystem::path& folder, Gathered& gathered) {
  try {
    Ended ended = run_one(experiment, options, seed, folder);
    gathered.is_complete = gathered.is_complete && ended.is_complete;
    gathered.holds = gathered.holds && ended.checks.required_hold();
    std::printf("\n%s %s, seed %llu: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), static_cast<unsigned long long>(seed),
                folder.string().c_str());
    print(ended.checks);
    gathered.runs.push_back(std::move(ended.checks));
    gathered.folders.push_back(folder.string());
  } catch (const std::exception& error) {
    if (options.seeds == 1 || noted_signal() || processes().ranks > 1) throw;
    std::fprintf(stderr, "%s: %s\n", name_of_seed(seed).c_str(), error.what());
    gathered.failed.push_back({seed, error.what()});
  }
}

// Writes, draws and prints what the seeds have in common.
void report(const Experiment& experiment, const CommonOptions& options,
            const RunDirectory* directory, const std::filesystem::path& top, Gathered& gathered) {
  if (!gathered.runs.empty()) {
    const std::vector<CheckOverSeeds> checks = over_seeds(gathered.runs);
    if (directory)
      directory->write_json("summary.json",
                            summary_of(experiment, options, checks, gathered.failed));
    gathered.folders.insert(gathered.folders.begin(), "--summary=" + top.string());
    if (directory && !experiment.figures.empty() &&
        !draw_figures(experiment.figures, gathered.folders))
      gathered.is_complete = false;
    std::printf("\n%s %s, %zu seeds: %s\n\n", experiment.name.c_str(),
                text_of(experiment, " ").c_str(), gathered.runs.size(), top.string().c_str());
    print(checks);
    for (const CheckOverSeeds& over : checks)
      gathered.holds = gathered.holds && (over.passed || !over.check.required);
  }
  for (const FailedSeed& one : gathered.failed)
    std::printf("\n%s FAILED: %s\n", name_of_seed(one.seed).c_str(), one.error.c_str());
}

int run_and_report(const Experiment& experiment, const CommonOptions& options) {
  const bool several = options.seeds > 1;
  const std::filesystem::path top = folder_of(experiment, options);
  if (options.sweep_list) return list_commands(top, options);
  if (options.check) {
    for (int i = 0; i < options.seeds; ++i)
      check_models(experiment, several ? top / name_of_seed(options.seed +
                                                            static_cast<std::uint64_t>(i))
                                       : top);
    return success;
  }
  std::optional<RunDirectory> over_all;
  const auto take_top = [&] {
    using enum RunDirectory::OldSummary;
    if (options.resume) check_summary(top, identity_of(experiment));
    over_all.emplace(top, options.resume ? stays : goes);
  };
  if (several) first_process_does(take_top);
  Gathered gathered;
  for (int i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    run_seed(experiment, options, seed, several ? top / name_of_seed(seed) : top, gathered);
  }
  if (several) report(experiment, options, over_all ? &*over_all : nullptr, top, gathered);
  if (!gathered.is_complete || !gathered.failed.empty()) return failure;
  return gathered.holds ? success : checks_failed;
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
