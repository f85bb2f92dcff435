#include "sweep.hpp"

#include "figures.hpp"
#include "jobs.hpp"
#include "one_run.hpp"
#include "own_command.hpp"
#include "processes.hpp"
#include "stopwatch.hpp"
#include "student_interval.hpp"

#include <weft/core/environment.hpp>
#include <weft/core/parallel.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>

namespace experiment {

namespace {

using Json = nlohmann::ordered_json;

// One run of the sweep.
struct Task {
  const SweepPoint* point;
  std::uint64_t seed;
  std::filesystem::path folder;
  Json identity;  // what its summary.json begins with

  std::string name() const { return point->name + ", seed " + std::to_string(seed); }
};

std::filesystem::path folder_of(const SweepExperiment& experiment, const Sweep& sweep,
                                const CommonOptions& options) {
  if (!options.out.empty()) return options.out;
  std::string folder = "runs/" + experiment.name + "/";
  for (const auto& setting : experiment.settings) folder += setting.second + "-";
  return folder + "sweep-" + sweep.name;
}

std::vector<Task> tasks_of(const SweepExperiment& experiment, const Sweep& sweep,
                           const CommonOptions& options, const std::filesystem::path& top,
                           const std::string& only) {
  std::vector<Task> tasks;
  for (const SweepPoint& point : sweep.points)
    for (int i = 0; i < options.seeds; ++i) {
      if (!only.empty() && point.name != only) continue;
      const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
      Json identity = identity_of(experiment);
      identity["sweep"] = sweep.name;
      identity["point"] = point.name;
      identity["seed"] = seed;
      tasks.push_back({&point, seed, top / point.name / name_of_seed(seed), identity});
    }
  return tasks;
}

std::string names_in(const Sweep& sweep) {
  std::string text;
  for (const std::string& name : names_of(sweep.points)) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The summary of a task that was done; null where it is not there, or is half of one. Throws
// weft::Error where it is of something else.
Json summary_of(const Task& task) {
  const std::string path = (task.folder / "summary.json").string();
  if (!std::filesystem::exists(path)) return nullptr;
  const Json summary = Json::parse(weft::read_file(path), nullptr, false);
  if (!summary.is_object()) return nullptr;
  check_summary(task.folder, task.identity);
  return summary.contains("measures") ? summary : Json(nullptr);
}

void run(const Task& task, int threads) {
  const Stopwatch stopwatch;
  const RunDirectory directory(task.folder);
  Json summary = task.identity;
  summary["measures"] = task.point->run(task.seed, threads, directory);
  summary["seconds"] = stopwatch.seconds();
  directory.write_json("summary.json", summary);
}

// Runs what is not done; how many failed.
std::size_t run_all(const std::vector<Task>& tasks, std::size_t at_once, int threads) {
  std::vector<const Task*> missing;
  for (const Task& task : tasks)
    if (summary_of(task).is_null()) missing.push_back(&task);
  std::printf("%zu of %zu runs are done already\n", tasks.size() - missing.size(), tasks.size());
  std::size_t ended = 0, failed = 0;
  const auto job_of = [&](std::size_t index) {
    const Task& task = *missing[index];
    std::filesystem::create_directories(task.folder);
    return Job{[&task, threads] { run(task, threads); }, (task.folder / "output.txt").string()};
  };
  run_jobs(missing.size(), at_once, job_of, [&](std::size_t index, bool succeeded) {
    const Task& task = *missing[index];
    failed += !succeeded;
    std::printf("%zu/%zu  %s", ++ended, missing.size(), task.name().c_str());
    if (!succeeded) std::printf(": FAILED, see %s", (task.folder / "output.txt").c_str());
    std::printf("\n");
    std::fflush(stdout);
  });
  return failed;
}

// The mean of those of the values that are numbers, with an interval where there are two or more;
// null where there are none.
Json mean_of(const Json& values) {
  std::vector<double> numbers;
  for (const Json& value : values)
    if (value.is_number()) numbers.push_back(value.get<double>());
  if (numbers.empty()) return nullptr;
  if (numbers.size() == 1) return {{"mean", numbers[0]}};
  const Interval interval = student_interval(numbers);
  return {{"mean", interval.estimate}, {"low", interval.low}, {"high", interval.high}};
}

// All measures of the tasks that are done, point by point: a list each, by seed, and its mean.
Json gathered(const SweepExperiment& experiment, const Sweep& sweep,
              const std::vector<Task>& tasks) {
  Json summary = identity_of(experiment);
  summary["sweep"] = sweep.name;
  summary["axis"] = sweep.axis;
  summary["curves"] = Json::object();
  for (const auto& [measure, label] : experiment.curves) summary["curves"][measure] = label;
  summary["points"] = Json::array();
  for (const SweepPoint& point : sweep.points) {
    Json entry{{"point", point.name}, {"seeds", Json::array()}, {"measures", Json::object()}};
    for (const Task& task : tasks) {
      const Json one = task.point == &point ? summary_of(task) : Json(nullptr);
      if (one.is_null()) continue;
      entry["seeds"].push_back(task.seed);
      for (const auto& [measure, value] : one["measures"].items())
        entry["measures"][measure].push_back(value);
    }
    for (const auto& [measure, values] : entry["measures"].items())
      entry["means"][measure] = mean_of(values);
    summary["points"].push_back(entry);
  }
  return summary;
}

// The mean over the seeds of each curve at each point.
void print(const Json& summary) {
  std::size_t longest = 5;
  for (const Json& point : summary["points"])
    longest = std::max(longest, point["point"].get<std::string>().size());
  const int column = static_cast<int>(longest) + 1;
  std::printf("\n%-*s", column, "point");
  for (const auto& curve : summary["curves"].items()) std::printf(" %16s", curve.key().c_str());
  for (const Json& point : summary["points"]) {
    std::printf("\n%-*s", column, point["point"].get<std::string>().c_str());
    for (const auto& curve : summary["curves"].items()) {
      const Json mean = point.value("means", Json::object()).value(curve.key(), Json(nullptr));
      if (mean.is_null()) std::printf(" %16s", "-");
      else std::printf(" %16.3f", mean["mean"].get<double>());
    }
  }
  std::printf("\n");
}

// Prints the command that runs each task alone.
void list_commands(const std::vector<Task>& tasks, const std::filesystem::path& top) {
  std::vector<std::string> words = own_command();
  for (const char* option : {"--seed", "--seeds", "--out", "--point", "--jobs"})
    words = without_option(words, option, true);
  words = without_option(words, "--sweep-list", false);
  for (const Task& task : tasks) {
    std::vector<std::string> command = words;
    command.insert(command.end(), {"--out", top.string(), "--point", task.point->name, "--seed",
                                   std::to_string(task.seed)});
    std::printf("%s\n", shell_text(command).c_str());
  }
}

int run_and_report(const SweepExperiment& experiment, const Sweep& sweep,
                   const CommonOptions& options, int jobs, const std::string& point) {
  const std::filesystem::path folder = folder_of(experiment, sweep, options);
  const std::vector<Task> tasks = tasks_of(experiment, sweep, options, folder, point);
  if (tasks.empty())
    weft::fail("sweep", "a point must be one of the sweep's", point + ", of " + names_in(sweep));
  if (options.sweep_list) {
    list_commands(tasks, folder);
    return success;
  }
  const int threads =
      options.threads > 0 ? options.threads : std::max(1, weft::default_threads() / jobs);
  weft::print_environment(threads);
  std::optional<RunDirectory> all;
  if (point.empty()) {  // else other processes write there too
    Json identity = tasks[0].identity;
    identity.erase("point");
    identity.erase("seed");
    check_summary(folder, identity);
    all.emplace(folder, RunDirectory::OldSummary::stays);
  }
  const std::size_t failed = run_all(tasks, static_cast<std::size_t>(jobs), threads);
  if (!all) return failed > 0 ? failure : success;
  const Json summary = gathered(experiment, sweep, tasks);
  all->write_json("summary.json", summary);
  const std::string script = !experiment.figures.empty() ? experiment.figures
                             : experiment.curves.empty()
                                 ? std::string()
                                 : EXPERIMENT_FOLDER "/sweep_figures.py";
  const bool is_drawn = script.empty() || draw_figures(script, {folder.string()});
  std::printf("\n%s, sweep of %s, mean over seeds: %s\n", experiment.name.c_str(),
              sweep.axis.c_str(), folder.string().c_str());
  print(summary);
  return failed > 0 || !is_drawn ? failure : success;
}

}  // namespace

void add_sweep_options(CLI::App& app, SweepOptions& options,
                       const std::vector<std::string>& names) {
  app.add_option("--sweep", options.sweep, "what is varied")
      ->required()
      ->check(CLI::IsMember(names));
  app.add_option("--point", options.point, "run this point alone, and gather nothing");
  app.add_option("--jobs", options.jobs, "runs at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

int run_sweep(const SweepExperiment& experiment, const Sweep& sweep, const CommonOptions& options,
              int jobs, const std::string& point) {
  try {
    join_processes();
    if (processes().ranks > 1)
      weft::fail("sweep", "runs are shared out by --jobs or --sweep-list, not over ranks",
                 std::to_string(processes().ranks) + " ranks");
    return run_and_report(experiment, sweep, options, jobs, point);
  } catch (const std::exception& error) {
    return leave_processes(failure, experiment.name + ": " + error.what() + "\n");
  }
}

}  // namespace experiment
