#pragma once

#include "settings.hpp"

#include <weft/core/parallel.hpp>
#include <weft/train/metrics_log.hpp>
#include <weft/train/progress.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace context_vs_weights {

// What one model is taught, and how it is looked at meanwhile.
struct Lesson {
  std::string name;
  Length length;
  weft::Random draws;  // the batch of a step is draw(draws.fork(step))
  std::function<Sequences(const weft::Random&)> draw;
  std::function<std::vector<weft::Metric>()> measure;
};

// How a learner is trained beside others, or with all threads for itself.
weft::LaneOptions lanes_of(bool side_by_side, int threads);

// Several trainings, side by side or one after the other, with a progress line for all of them.
// Each is the same whatever runs beside it, and their lines in the log come training by training,
// however they end: so nothing depends on the number of threads.
class Trainings {
 public:
  // steps: of all of them together.
  Trainings(const Run& run, const std::string& title, std::size_t count, std::size_t steps,
            bool side_by_side);

  // Calls function(index) for each training, low indices first.
  void for_each(const std::function<void(std::size_t index)>& function);

  // How learners of these trainings use threads.
  weft::LaneOptions lanes() const { return lanes_of(side_by_side_, run_.threads); }

  // Trains. To be called once for each index, from the function of for_each().
  weft::TrainingState train(std::size_t index, const Learner& learner, const Lesson& lesson);

 private:
  void add_lines(std::size_t index, std::string_view lines);
  void finish(std::size_t index);
  // Counts steps that were done before this process; holding the mutex.
  void skip(std::size_t steps);

  const Run& run_;
  std::size_t count_;
  bool side_by_side_;
  weft::Progress progress_;
  double start_;                              // seconds
  std::size_t first_number_ = 0;              // of their checkpoints
  std::mutex mutex_;                          // of what follows
  std::size_t steps_ = 0;                     // done, of all
  std::size_t resumed_steps_ = 0;             // done before this process, of these
  std::size_t writing_ = 0;                   // the training whose lines go into the log at once
  std::vector<std::string> waiting_;          // lines of those behind it
  std::vector<char> is_finished_;
};

}  // namespace context_vs_weights
