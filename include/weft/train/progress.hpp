#pragma once

#include <weft/core/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

namespace weft::inline WEFT_TARGET {

// How progress is shown: one line that rewrites itself, a plain line now and then, or nothing.
// automatic: the first on a terminal, the second elsewhere.
enum class ProgressDisplay { automatic, terminal, plain, quiet };

struct ProgressOptions {
  ProgressDisplay display = ProgressDisplay::automatic;
  std::FILE* stream = stderr;
  std::optional<double> interval{};  // seconds; unset: 0.1 on a terminal, 10 elsewhere
  std::size_t first_step = 0;        // steps done before, where a run is resumed
  bool may_end_early = false;        // the time left is then shown as at most so much
};

// The progress line of some long work:
//   pretrain  step 120/900  loss 1.3862  98.1k tokens/s  0:42 left
class Progress {
 public:
  // steps: how many there will be, as far as is known; 0: unknown.
  Progress(std::string phase, std::size_t steps, ProgressOptions options = {})
      : phase_(std::move(phase)), steps_(steps), options_(options), start_(detail::seconds_now()) {
    if (options_.display == ProgressDisplay::automatic)
      options_.display = ::isatty(::fileno(options_.stream)) ? ProgressDisplay::terminal
                                                             : ProgressDisplay::plain;
    if (!options_.interval)
      options_.interval = options_.display == ProgressDisplay::terminal ? 0.1 : 10;
    shown_ = start_;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { finish(); }

  // So many steps were done before, beside first_step: they took none of the time shown.
  void skip(std::size_t steps) { options_.first_step += steps; }

  // To be called after every step, with the number of steps done; shows them when it is time.
  void update(std::size_t step, double loss, double tokens_per_second) {
    step_ = step;
    loss_ = loss;
    tokens_per_second_ = tokens_per_second;
    is_pending_ = true;
    const double now = detail::seconds_now();
    if (now - shown_ < *options_.interval) return;
    shown_ = now;
    show();
  }

  // Shows the last step, and ends the line. Further calls do nothing.
  void finish() {
    if (std::exchange(is_finished_, true)) return;
    if (is_pending_) show();
    if (options_.display == ProgressDisplay::terminal && step_) std::fputc('\n', options_.stream);
    std::fflush(options_.stream);
  }

 private:
  void show() {
    is_pending_ = false;
    if (options_.display == ProgressDisplay::quiet) return;
    char line[160];
    std::size_t length = 0;
    const auto append = [&](const char* format, auto... values) {
      const int added = std::snprintf(line + length, sizeof line - length, format, values...);
      length = std::min(sizeof line - 1, length + static_cast<std::size_t>(std::max(added, 0)));
    };
    append("%s  step %zu", phase_.c_str(), *step_);
    if (steps_ > 0 && *step_ <= steps_) append("/%zu", steps_);
    append("  loss %.4f", loss_);
    if (tokens_per_second_ >= 1e6) append("  %.1fM tokens/s", tokens_per_second_ / 1e6);
    else if (tokens_per_second_ >= 1e3) append("  %.1fk tokens/s", tokens_per_second_ / 1e3);
    else append("  %.1f tokens/s", tokens_per_second_);
    if (*step_ < steps_ && *step_ > options_.first_step) {
      const double elapsed = detail::seconds_now() - start_;
      const auto done = static_cast<double>(*step_ - options_.first_step);
      const auto left =
          static_cast<long>(elapsed / done * static_cast<double>(steps_ - *step_) + 0.5);
      append("%s", options_.may_end_early ? "  at most " : "  ");
      if (left < 3600) append("%ld:%02ld left", left / 60, left % 60);
      else append("%ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
    }
    // \r goes back to the start of the line, \x1b[K clears what is left of the older one.
    const bool to_terminal = options_.display == ProgressDisplay::terminal;
    std::fprintf(options_.stream, to_terminal ? "\r%s\x1b[K" : "%s\n", line);
    std::fflush(options_.stream);
  }

  std::string phase_;
  std::size_t steps_;
  ProgressOptions options_;
  double start_, shown_;             // seconds
  std::optional<std::size_t> step_;  // the last one that update() was told of
  double loss_ = 0, tokens_per_second_ = 0;
  bool is_pending_ = false, is_finished_ = false;
};

}  // namespace weft
