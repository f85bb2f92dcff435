#include "one_run.hpp"

#include "environment.hpp"
#include "figures.hpp"
#include "interruption.hpp"
#include "processes.hpp"

#include <cstdio>
#include <optional>

#include <stdlib.h>

namespace experiment {

namespace {

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

// Throws weft::Error where the summary in the folder is not that of such a run.
void check_identity(const nlohmann::ordered_json& identity, const nlohmann::ordered_json& summary,
                    const std::filesystem::path& folder) {
  const auto there = summary.is_object() ? summary.value("run", nlohmann::ordered_json())
                                         : nlohmann::ordered_json();
  if (const std::string what = difference(there, identity); !what.empty())
    weft::fail("resume", "the finished run in the folder must be the one asked for",
               (folder / "summary.json").string() + ", " + what);
}

// Draws the figures of a run that has ended, then removes its checkpoints: until these are gone a
// run is resumed for its figures. Whether they were drawn.
bool complete(const Experiment& experiment, const std::filesystem::path& folder) {
  if (!experiment.figures.empty() && !draw_figures(experiment.figures, {folder.string()}))
    return false;
  remove_checkpoints(folder);
  return true;
}

}  // namespace

std::string name_of_seed(std::uint64_t seed) { return "seed" + std::to_string(seed); }

Ended run_one(const Experiment& experiment, const CommonOptions& options, std::uint64_t seed,
              const std::filesystem::path& folder) {
  nlohmann::ordered_json identity = identity_of(experiment);
  identity["seed"] = seed;
  std::optional<weft::FolderLock> lock;
  first_process_does([&] { lock.emplace(take_folder(folder)); });
  if (options.resume)
    if (const auto summary = summary_in(folder)) {
      check_identity(identity, *summary, folder);
      std::printf("\n%s has ended before: %s\n", name_of_seed(seed).c_str(),
                  folder.string().c_str());
      const bool lacks_figures =
          is_first_process() && std::filesystem::exists(folder / "checkpoints");
      return {checks_of(*summary), !lacks_figures || complete(experiment, folder)};
    }
  const weft::CheckpointOptions checkpoints = checkpoint_options(experiment, options, seed);
  std::optional<Scratch> scratch;
  std::optional<RunDirectory> directory;
  all_processes_do([&] {  // the first goes on when the others have read what there was
    if (!is_first_process()) lock.emplace(take_folder(scratch.emplace().path()));
    directory.emplace(scratch ? scratch->path() : folder, std::move(*lock),
                      folder / "checkpoints", checkpoints, identity);
  });
  Checks checks = experiment.run(seed, *directory);
  return {std::move(checks), scratch || complete(experiment, folder)};
}

}  // namespace experiment
