#pragma once

#include <weft/core/clock.hpp>
#include <weft/io/folder.hpp>
#include <weft/train/phase_checkpoint.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET {

struct CheckpointOptions {
  std::size_t every_steps = 0;  // 0: not by steps
  double every_seconds = 0;     // 0: not by time
  bool resume = false;          // go on from what is in the folder
  bool writes = true;           // of several processes, one does; the others only read
  // What a run must have in common with the one it goes on from: {"preset", "quick"}, ...
  Metadata run{};
  // Whether to end, with an Error: asked as a phase begins, after each step, where a checkpoint is
  // written first, and at its end. If so, it is asked once more when the checkpoint is written, so
  // that several processes that answer together wait for the writer.
  Function<bool()> should_stop{};
};

// The checkpoints of a program that trains once or several times, in a folder of their own. A
// phase, which is one run of a Trainer, leaves its result when it ends, so that a program that is
// started again passes over it; the one that was under way goes on from its last checkpoint:
//
//   Checkpoints checkpoints("run/checkpoints", {.every_steps = 100, .resume = resume});
//   trainer.run({.steps = 900, .checkpoints = &checkpoints}, ...);
//
// Phases are known by their order. What happens between them happens again, so it must depend on
// the program's input alone. The last two checkpoints of each phase are kept, the last of which is
// in the end its result. A damaged one is passed over, with a line on stderr, for the one before; a
// phase that has only damaged ones begins anew, and says so. New ones take their names, each when
// it is whole.
class Checkpoints {
 public:
  // Where nothing is resumed, an older folder of checkpoints is set aside as "<folder>.old", or
  // "<folder>.old.2" and so on where there is one, with a line on stderr.
  // Throws Error, which names the file, where the folder cannot be made, where it has a checkpoint
  // of another run or one that cannot be read, or damaged ones and no other; nothing is changed
  // then.
  explicit Checkpoints(std::string folder, CheckpointOptions options = {})
      : folder_(std::move(folder)),
        options_(std::move(options)) {
    while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
    if (options_.resume) find_checkpoints();
    if (!options_.writes) return;
    if (!options_.resume) set_aside();
    make_folder(folder_);
    remove_partial_files(folder_);
  }

  const std::string& folder() const { return folder_; }

  // Numbers for so many phases, of which this is the first: for those that run side by side, on
  // threads of their own, and so begin in no fixed order. Each is CheckpointedPhase::number of one.
  std::size_t reserve(std::size_t count) {
    const std::size_t first = next_phase_;
    next_phase_ += count;
    return first;
  }

  // Begins the phase of this number or the next one, and brings back what an earlier program has
  // left of it. Returns whether it is finished. Throws Error where the checkpoint is not of this
  // phase, or does not fit; the model is as it was then.
  bool begin(CheckpointedPhase& phase, detail::LoopState& state) {
    if (phase.number == 0) phase.number = reserve(1);
    const std::string number = digits(phase.number, phase_digits);
    const std::string* found = last_found_.find(number);
    const std::string damage = damage_of(start_of(phase.number));
    if (!found && !damage.empty())
      std::fprintf(stderr, "weft: %s begins anew, since all its checkpoints are damaged:%s\n",
                   phase.name.c_str(), damage.c_str());
    if (found) {
      const SafetensorsFile file = open_checkpoint(folder_ + "/" + *found);
      const bool is_finished = detail::load_phase(file, phase, state);
      std::fprintf(stderr, "weft: %s, %s after step %zu\n", phase.name.c_str(),
                   is_finished ? "finished" : "goes on", state.training.step);
      phase.last_good = *found;
      if (is_finished) return true;
    }
    stop_if_asked("before a step of " + phase.name);
    phase.written_at = detail::seconds_now();
    return false;
  }

  // After each step: writes a checkpoint where it is time. Throws Error where it cannot be written,
  // and where the program is asked to stop, once it is written.
  void after_step(CheckpointedPhase& phase, const detail::LoopState& state) {
    const bool stop = options_.should_stop && options_.should_stop();
    const std::size_t step = state.training.step;
    const bool is_due = (options_.every_steps > 0 && step % options_.every_steps == 0) ||
                        (options_.every_seconds > 0 &&
                         detail::seconds_now() - phase.written_at >= options_.every_seconds);
    if (stop || is_due) {
      save(phase, state);
      phase.written_at = detail::seconds_now();
    }
    if (stop) stop_if_asked("after step " + std::to_string(step) + " of " + phase.name);
  }

  // Writes a checkpoint of the phase under way; its path.
  std::string save(CheckpointedPhase& phase, const detail::LoopState& state) {
    return save_as(digits(state.training.step, 10), phase, state, false);
  }

  // Writes the result of the phase. Throws Error as after_step() does.
  void finish(CheckpointedPhase& phase, const detail::LoopState& state) {
    save_as(finished, phase, state, true);
    stop_if_asked("at the end of " + phase.name);
  }

 private:
  static constexpr std::string_view start = "phase-", end = ".safetensors", finished = "finished";
  static constexpr std::size_t phase_digits = 4;

  // "phase-0001-0000000120.safetensors": in alphabetical order they are in the order of time.
  static std::string start_of(std::size_t phase) {
    return std::string(start) + digits(phase, phase_digits) + "-";
  }
  static std::string digits(std::size_t number, std::size_t count) {
    const std::string text = std::to_string(number);
    return std::string(count - std::min(count, text.size()), '0') + text;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (std::string& name : names_in_folder(folder_))
      if (name.starts_with(start) && name.ends_with(end)) result.push_back(std::move(name));
    return result;
  }

  // Of the older checkpoints of the phase, only the last good one is kept.
  std::string save_as(std::string_view place, CheckpointedPhase& phase,
                      const detail::LoopState& state, bool is_finished) const {
    const std::string phase_start = start_of(phase.number);
    const std::string name = phase_start + std::string(place) + std::string(end);
    const std::string path = folder_ + "/" + name;
    if (!options_.writes) return path;
    detail::save_phase(path, options_.run, phase, state, is_finished);
    if (name == phase.last_good) return path;
    for (const std::string& other : names())
      if (other.starts_with(phase_start) && other < name && other != phase.last_good)
        ::unlink((folder_ + "/" + other).c_str());
    phase.last_good = name;
    return path;
  }

  void stop_if_asked(const std::string& where) const {
    if (options_.should_stop && options_.should_stop())
      fail("Trainer", "stopped as asked", where + ", checkpoints in " + folder_);
  }

  void set_aside() const {
    if (names_in_folder(folder_).empty()) return;
    const auto exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
    const std::string first = folder_ + ".old";
    std::string old = first;
    for (int i = 2; exists(old); ++i) old = first + "." + std::to_string(i);
    if (std::rename(folder_.c_str(), old.c_str()) != 0)
      detail::fail_file("set aside checkpoints", folder_, errno);
    std::fprintf(stderr, "weft: nothing is resumed; the checkpoints of an earlier run are now %s\n",
                 old.c_str());
  }

  void find_checkpoints() {
    for (std::string& name : names()) {
      const std::string path = folder_ + "/" + name;
      std::string damage;
      if (const auto file = open_unless_damaged(path, damage)) {
        detail::check_run(*file, options_.run);
        const std::size_t number_end = name.find('-', start.size());
        last_found_[name.substr(start.size(), number_end - start.size())] = name;
      } else {
        damaged_[name] = damage;
      }
    }
    if (last_found_.empty() && !damaged_.empty())
      fail("resume", "every checkpoint is damaged; begin again without resuming", damage_of(start));
  }

  // What is wrong with the damaged checkpoints whose names begin so, a line each.
  std::string damage_of(std::string_view name_start) const {
    std::string lines;
    for (const auto& [name, damage] : damaged_)
      if (name.starts_with(name_start)) lines += "\n  " + damage;
    return lines;
  }

  // What cannot be read is not taken for damaged: that throws.
  static std::optional<SafetensorsFile> open_unless_damaged(const std::string& path,
                                                            std::string& damage) {
    std::string contents = read_file(path);
    try {
      return checked_checkpoint(path, std::move(contents));
    } catch (const Error& problem) {
      damage = problem.what();
      std::fprintf(stderr, "weft: a checkpoint is passed over: %s\n", problem.what());
      return {};
    }
  }

  std::string folder_;
  CheckpointOptions options_;
  std::size_t next_phase_ = 1;
  // Not changed after construction: phases that run side by side read them.
  NamedTexts last_found_;  // name of the last good one, by phase's digits
  NamedTexts damaged_;     // what is wrong with each of the others, by name
};

}  // namespace weft
