#pragma once

#include <weft/core/clock.hpp>
#include <weft/core/function.hpp>
#include <weft/train/lanes.hpp>
#include <weft/train/metrics_log.hpp>
#include <weft/train/progress.hpp>

#include <string>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// Where a run stands after a step.
struct TrainingState {
  std::size_t step = 0;          // steps done
  double loss = 0;               // mean over the last batch
  double learning_rate = 0;      // of the last step
  double gradient_norm = 0;      // of the last step, before clipping
  double seconds = 0;            // of the run so far, without its evaluations
  double tokens_per_second = 0;  // in these
  bool is_stopped = false;       // by the stop rule
};

// What an evaluation found: values for the log, and whether the goal of the run is met.
struct Evaluation {
  std::vector<Metric> metrics;
  bool is_good = false;
};

// A run ends after `steps` steps, or, with a stop rule, as soon as good_in_a_row evaluations in a
// row were good, but not before may_stop_at steps.
struct TrainOptions {
  std::string phase = "train";
  std::size_t steps = 0;
  std::size_t first_step = 0;                     // steps done before, where a run is resumed
  Function<double(std::size_t step)> schedule{};  // factor of the learning rate; unset: 1
  std::size_t evaluate_every = 0;                 // steps; 0: at the end only
  std::size_t good_in_a_row = 0;                  // 0: no stop rule
  std::size_t may_stop_at = 0;
  double tokens_per_row = 1;
  // What the mean loss of rows [begin, begin + count) counts for; unset: count. See Lanes::step().
  Function<double(std::size_t begin, std::size_t count)> weight{};
  MetricsLog* log = nullptr;
  ProgressOptions progress = {};
};

// A training loop of lanes, an optimizer, a schedule, a stop rule, a log and a progress line.
//
//   AdamW optimizer{model, {.learning_rate = 2e-3, .clip_norm = 1}};
//   Trainer trainer{model, optimizer};
//   trainer.run({.steps = 900, .schedule = schedule::Cosine{900}, .evaluate_every = 20},
//               [&](std::size_t step) { return draw(batch, step); },  // how many rows there are
//               [&](Tape& tape, std::size_t begin, std::size_t count) { return loss(...); },
//               [&](const TrainingState&) { return Evaluation{{{"accuracy", accuracy()}}}; });
//
// It does nothing that a loop around Lanes::step() and optimizer.step() could not.
template <class Optimizer>
class Trainer {
 public:
  // Model and optimizer must outlive it. Throws Error as Lanes does.
  template <class Model>
  Trainer(const Model& model, Optimizer& optimizer, const LaneOptions& options = {})
      : lanes_(model, options), optimizer_(optimizer) {}

  Lanes& lanes() { return lanes_; }

  // Trains, with learning rate optimizer.learning_rate * schedule(step), and gives it back as it
  // was. make_batch(step) makes the batch that loss then reads and returns its number of rows;
  // loss is as for Lanes::step(); evaluate(state) is called as often as the options say, and at
  // the end. Throws Error where a loss or gradient is not finite, where a parameter that is not
  // frozen gets no gradient in the first step, and where the log cannot be written.
  template <class MakeBatch, class Loss, class Evaluate>
  TrainingState run(const TrainOptions& options, MakeBatch&& make_batch, Loss&& loss,
                    Evaluate&& evaluate) {
    const PeakLearningRate peak(optimizer_);
    optimizer_.freeze_into(lanes_);
    lanes_.set_next_step(options.first_step);
    ProgressOptions progress_options = options.progress;
    progress_options.first_step = options.first_step;
    progress_options.may_end_early = options.good_in_a_row > 0;
    Progress progress(options.phase, options.steps, progress_options);
    TrainingState state{.step = options.first_step};
    double tokens = 0;
    std::size_t good = 0;
    while (state.step < options.steps && !state.is_stopped) {
      const double start = detail::seconds_now();
      const double factor = options.schedule ? options.schedule(state.step) : 1;
      optimizer_.learning_rate = state.learning_rate = peak.value * factor;
      const std::size_t rows = make_batch(std::as_const(state.step));
      take_step(rows, loss, state, options);
      tokens += static_cast<double>(rows) * options.tokens_per_row;
      state.seconds += detail::seconds_now() - start;
      state.tokens_per_second = tokens / state.seconds;
      progress.update(state.step, state.loss, state.tokens_per_second);
      const bool is_last = state.step == options.steps;
      const bool is_due = options.evaluate_every > 0 && state.step % options.evaluate_every == 0;
      if (!is_due && !is_last) continue;
      const Evaluation found = evaluate(std::as_const(state));
      if (options.log) write(*options.log, options.phase, state, found);
      good = found.is_good ? good + 1 : 0;
      state.is_stopped = options.good_in_a_row > 0 && good >= options.good_in_a_row &&
                         state.step >= options.may_stop_at;
    }
    return state;
  }

  // The same without evaluations.
  template <class MakeBatch, class Loss>
  TrainingState run(const TrainOptions& options, MakeBatch&& make_batch, Loss&& loss) {
    return run(options, make_batch, loss, [](const TrainingState&) { return Evaluation{}; });
  }

 private:
  // The optimizer's learning rate, put back at the end of a run, however it ends.
  struct PeakLearningRate {
    explicit PeakLearningRate(Optimizer& owner)
        : optimizer(owner), value(static_cast<double>(owner.learning_rate)) {}
    PeakLearningRate(const PeakLearningRate&) = delete;
    PeakLearningRate& operator=(const PeakLearningRate&) = delete;
    ~PeakLearningRate() { optimizer.learning_rate = value; }

    Optimizer& optimizer;
    double value;
  };

  template <class Loss>
  void take_step(std::size_t rows, Loss& loss, TrainingState& state, const TrainOptions& options) {
    const auto result = lanes_.step(rows, loss, [&](std::size_t begin, std::size_t count) {
      return options.weight ? options.weight(begin, count) : static_cast<double>(count);
    });
    const auto report = optimizer_.step(lanes_);
    if (state.step == options.first_step && !report.without_gradient.empty())
      fail("Trainer", "every parameter must get a gradient or be frozen",
           "none for " + std::string(report.without_gradient[0]));
    state.loss = static_cast<double>(result.loss);
    state.gradient_norm = report.gradient_norm;
    ++state.step;
  }

  static void write(MetricsLog& log, const std::string& phase, const TrainingState& state,
                    const Evaluation& found) {
    std::vector<Metric> metrics{{"phase", phase},
                                {"step", state.step},
                                {"loss", state.loss},
                                {"learning_rate", state.learning_rate},
                                {"gradient_norm", state.gradient_norm},
                                {"tokens_per_second", state.tokens_per_second}};
    for (const Metric& metric : found.metrics) metrics.push_back(metric);
    log.write(metrics);
  }

  Lanes lanes_;
  Optimizer& optimizer_;
};

}  // namespace weft
