#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The options every example has, and the exit statuses of all of them.

namespace experiment {

// What a program returns to the shell.
enum ExitStatus : int {
  success = 0,        // all required checks hold
  failure = 1,        // anything else
  usage = 2,          // wrong options
  checks_failed = 3,  // a required check does not hold
};

// How often a run in training writes a checkpoint: never, but at the end of a phase and when it is
// stopped, where both are 0.
struct CheckpointEvery {
  std::size_t steps = 0;
  double seconds = 0;
};

// "500", in steps, or "90s", "15m", "2h". Nothing where it is neither.
inline std::optional<CheckpointEvery> checkpoint_every(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{} || !(number > 0 && number < 1e9)) return {};
  for (const auto& [name, seconds] : {std::pair{"s", 1.0}, {"m", 60.0}, {"h", 3600.0}})
    if (unit == name) return CheckpointEvery{0, number * seconds};
  if (!unit.empty() || number != std::floor(number)) return {};
  return CheckpointEvery{static_cast<std::size_t>(number), 0};
}

struct CommonOptions {
  std::string preset = "default";
  std::uint64_t seed = 0;
  int seeds = 1;    // runs, with the seeds seed, seed + 1, ...
  int threads = 0;  // 0: as OMP_NUM_THREADS says, else all
  std::string out;  // empty: a folder under runs/
  CheckpointEvery checkpoint_every{};
  bool resume = false;
  bool check = false;
  bool sweep_list = false;
};

// The names of the entries of a table, each of which has one, and the entry of a name.
template <class Entry>
std::vector<std::string> names_of(const std::vector<Entry>& table) {
  std::vector<std::string> names;
  for (const Entry& entry : table) names.push_back(entry.name);
  return names;
}
template <class Entry>
const Entry& named(const std::vector<Entry>& table, const std::string& name) {
  return *std::find_if(table.begin(), table.end(),
                       [&](const Entry& entry) { return entry.name == name; });
}

// That a number is in a range; "nan", which CLI::Range lets pass, is in none.
inline CLI::Validator number_in(double low, double high) {
  std::ostringstream range;
  range << "FLOAT in [" << low << " - " << high << "]";
  const auto check = [low, high, text = range.str()](std::string& input) {
    double value = 0;
    const bool is_number = CLI::detail::lexical_cast(input, value);
    return is_number && value >= low && value <= high ? std::string() : input + " is not " + text;
  };
  return CLI::Validator(check, range.str());
}

// Those of every program that makes runs.
inline void add_run_options(CLI::App& app, CommonOptions& options,
                            const std::vector<std::string>& presets) {
  app.add_option("--preset", options.preset, "size of the experiment")
      ->check(CLI::IsMember(presets))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--seed",
         [&options](const std::string& text) {
           const char* end = text.data() + text.size();
           const auto read = std::from_chars(text.data(), end, options.seed);
           if (read.ec != std::errc{} || read.ptr != end)
             throw CLI::ValidationError("--seed", "not a whole number from 0 to 2^64 - 1: " + text);
         },
         "seed of the first run")
      ->type_name("UINT")
      ->default_str(std::to_string(options.seed));
  app.add_option("--seeds", options.seeds, "number of runs, one seed after the other")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads; the result does not depend on them")
      ->check(CLI::Range(1, 1024));
  app.add_option("--out", options.out, "folder for the results")
      ->check([](const std::string& path) {
        if (path.empty()) return std::string("must name a folder");
        return path.find('\n') == std::string::npos ? std::string() : "must be one line: " + path;
      });
  app.parse_complete_callback([&options] {
    if (options.seed > UINT64_MAX - static_cast<std::uint64_t>(options.seeds - 1))
      throw CLI::ValidationError("--seeds", "the last seed must be at most 2^64 - 1");
  });
  app.add_flag("--sweep-list", options.sweep_list,
               "run nothing; print a command for each of the runs, to be run in any order");
}

// Also those of programs that can resume a run in its middle, and check what it has stored.
inline void add_common_options(CLI::App& app, CommonOptions& options,
                               const std::vector<std::string>& presets) {
  add_run_options(app, options, presets);
  app.add_option_function<std::string>(
         "--checkpoint-every",
         [&options](const std::string& text) {
           const auto every = checkpoint_every(text);
           if (!every)
             throw CLI::ValidationError("--checkpoint-every", "not steps or a duration: " + text);
           options.checkpoint_every = *every;
         },
         "steps, or a duration: 500, 90s, 15m, 2h")
      ->type_name("STEPS|DURATION");
  app.add_flag("--resume", options.resume, "go on with a run that was stopped or killed");
  app.add_flag("--check", options.check,
               "run nothing; load the models in the folder of a run and compare what each makes of "
               "the example stored with it");
}

// Reads the command line. A value is the status to exit with: after --help, or after wrong options,
// which are answered with the valid ones.
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return {};
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return success;
  } catch (const CLI::ParseError& error) {
    std::cerr << error.what() << "\n\n" << app.help();
    return usage;
  }
}

}  // namespace experiment
