#include "trainings.hpp"

#include "../experiment/processes.hpp"

#include <weft/core/clock.hpp>
#include <weft/optim/schedule.hpp>

#include <atomic>

namespace context_vs_weights {

weft::LaneOptions lanes_of(bool side_by_side, int threads) {
  if (side_by_side) return {.lanes = 1, .microbatch = 8, .threads = 1};
  return {.lanes = 16,
          .microbatch = 2,
          .threads = threads,
          .communicator = experiment::processes()};
}

Trainings::Trainings(const Run& run, const std::string& title, std::size_t count,
                     std::size_t steps, bool side_by_side)
    : run_(run),
      count_(count),
      side_by_side_(side_by_side),
      progress_(title, steps),
      start_(weft::detail::seconds_now()),
      waiting_(count),
      is_finished_(count) {
  if (run.checkpoints) first_number_ = run.checkpoints->reserve(count);
}

void Trainings::for_each(const std::function<void(std::size_t index)>& function) {
  // Several processes meet in every step, and so make the same ones in the same order.
  const bool side_by_side = side_by_side_ && experiment::processes().ranks == 1;
  std::atomic<bool> has_stopped = false;  // one of them, by a signal or a failure
  weft::parallel_for(count_, side_by_side ? run_.threads : 1, [&](std::size_t index, int) {
    if (has_stopped) return;
    try {
      function(index);
    } catch (...) {
      has_stopped = true;
      throw;
    }
    finish(index);
  });
}

weft::TrainingState Trainings::train(std::size_t index, const Learner& learner,
                                     const Lesson& lesson) {
  const Preset& preset = run_.preset;
  weft::TrainOptions options{.phase = lesson.name,
                             .steps = lesson.length.steps,
                             .evaluate_every = preset.evaluate_every,
                             .tokens_per_row = static_cast<double>(learner.config.tokens()),
                             .batch_seed = [&](std::size_t step) {
                               return lesson.draws.fork(step).key();
                             }};
  options.progress.display = weft::ProgressDisplay::quiet;
  std::string lines;
  if (run_.checkpoints) {
    options.checkpoints = run_.checkpoints;
    options.phase_number = first_number_ + index;
    options.save_notes = [&] { return lines; };
    options.load_notes = [&](std::string_view notes) {
      lines = notes;
      add_lines(index, lines);
    };
  }
  if (preset.decay == Decay::none)
    options.schedule = weft::schedule::LinearWarmup{lesson.length.warmup};
  else options.schedule = weft::schedule::InverseSquareRoot{lesson.length.warmup};
  std::size_t made = 0;  // steps, by this process
  std::size_t seen = 0;  // steps, by the progress line
  const auto evaluate = [&](const weft::TrainingState& state) {
    std::vector<weft::Metric> record{{"phase", lesson.name},
                                     {"training", index},
                                     {"step", state.step},
                                     {"loss", state.loss},
                                     {"learning_rate", state.learning_rate},
                                     {"gradient_norm", state.gradient_norm}};
    for (weft::Metric& metric : lesson.measure()) record.push_back(std::move(metric));
    const std::string line = weft::MetricsLog::line_of(record);
    lines += line;
    add_lines(index, line);
    const std::lock_guard lock(mutex_);
    if (seen == 0) skip(seen = state.step - made);
    steps_ += state.step - std::exchange(seen, state.step);
    const auto rows = static_cast<double>((steps_ - resumed_steps_) * preset.batch);
    progress_.update(steps_, state.loss,
                     rows * options.tokens_per_row / (weft::detail::seconds_now() - start_));
    return weft::Evaluation{};
  };
  const auto draw = [&](std::size_t step) {
    ++made;
    return lesson.draw(lesson.draws.fork(step));
  };
  const weft::TrainingState state = learner.train({options, optimizer_of(preset), draw, evaluate});
  if (made == 0) {
    const std::lock_guard lock(mutex_);
    skip(state.step);
  }
  return state;
}

void Trainings::skip(std::size_t steps) {
  steps_ += steps;
  resumed_steps_ += steps;
  progress_.skip(steps);
}

void Trainings::add_lines(std::size_t index, std::string_view lines) {
  if (!run_.log) return;
  const std::lock_guard lock(mutex_);
  if (index == writing_) run_.log->write_lines(lines);
  else waiting_[index] += lines;
}

void Trainings::finish(std::size_t index) {
  const std::lock_guard lock(mutex_);
  is_finished_[index] = true;
  while (writing_ < count_ && is_finished_[writing_]) {
    if (++writing_ == count_) break;
    if (run_.log) run_.log->write_lines(waiting_[writing_]);
    waiting_[writing_].clear();
  }
}

}  // namespace context_vs_weights
