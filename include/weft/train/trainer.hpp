#pragma once

#include <weft/core/clock.hpp>
#include <weft/core/function.hpp>
#include <weft/train/checkpoints.hpp>
#include <weft/train/lanes.hpp>
#include <weft/train/metrics_log.hpp>
#include <weft/train/progress.hpp>
#include <weft/train/training_state.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// What an evaluation found: values for the log, and whether the goal of the run is met; nothing
// where it is not asked, and good ones before and after it are in a row.
struct Evaluation {
  std::vector<Metric> metrics;
  std::optional<bool> is_good{};
};

// A run ends when `steps` steps are done, first_step among them, or, with a stop rule, as soon as
// good_in_a_row evaluations in a row were good, but not before may_stop_at steps.
struct TrainOptions {
  std::string phase = "train";
  std::size_t steps = 0;
  std::size_t first_step = 0;  // steps done before; lanes draw by the number of the step alone
  Function<double(std::size_t step)> schedule{};  // factor of the learning rate; unset: 1
  std::size_t evaluate_every = 0;                 // steps; 0: at the end only
  std::size_t good_in_a_row = 0;                  // 0: no stop rule
  std::size_t may_stop_at = 0;
  double tokens_per_row = 1;
  // What the batch of a step is drawn from, random.key() say, to be named where the step fails.
  Function<std::uint64_t(std::size_t step)> batch_seed{};
  // What the mean loss of rows [begin, begin + count) counts for; unset: count. See Lanes::step().
  Function<double(std::size_t begin, std::size_t count)> weight{};
  MetricsLog* log = nullptr;
  Checkpoints* checkpoints = nullptr;
  std::size_t phase_number = 0;  // from Checkpoints::reserve(); 0: in order
  // What evaluate() remembers from one call to the next, as text, for checkpoints; unset: nothing.
  Function<std::string()> save_notes{};
  Function<void(std::string_view)> load_notes{};
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
  Trainer(Model& model, Optimizer& optimizer, const LaneOptions& options = {})
      : lanes_(model, options), optimizer_(optimizer), parameters_(parameters_of(model)) {
    const bool is_open = options.microbatch == 0;
    settings_ = {{"lanes", std::to_string(lanes_.lanes())},
                 {"microbatch", is_open ? "open" : std::to_string(options.microbatch)},
                 {"random key", std::to_string(options.random.key())}};
  }

  Lanes& lanes() { return lanes_; }

  // Trains, with learning rate optimizer.learning_rate * schedule(step), and gives it back as it
  // was. make_batch(step) makes the batch that loss then reads and returns its number of rows;
  // loss is as for Lanes::step(); evaluate(state) is called as often as the options say, and at
  // the end. With checkpoints it goes on where an earlier run was stopped, and to the same bits:
  // make_batch and the schedule must know a step by its number alone. Throws Error where a loss, a
  // gradient or a learning rate is not finite, where a parameter that is not frozen gets no
  // gradient in the first step, where a file cannot be written, and as Checkpoints does.
  template <class MakeBatch, class Loss, class Evaluate>
  TrainingState run(const TrainOptions& options, MakeBatch&& make_batch, Loss&& loss,
                    Evaluate&& evaluate) {
    const PeakLearningRate peak(optimizer_);
    optimizer_.freeze_into(lanes_);
    detail::LoopState loop;
    TrainingState& state = loop.training;
    state.step = options.first_step;
    CheckpointedPhase phase = phase_of(options, peak.value);
    Checkpoints* const checkpoints = options.checkpoints;
    const bool is_finished = checkpoints && checkpoints->begin(phase, loop);
    if (loop.microbatch > 0) lanes_.set_microbatch(loop.microbatch);
    if (options.log) options.log->write_lines(loop.lines);
    if (is_finished) return state;
    const std::size_t first_step = state.step;
    lanes_.set_next_step(first_step);
    ProgressOptions progress_options = options.progress;
    progress_options.first_step = first_step;
    progress_options.may_end_early = options.good_in_a_row > 0;
    Progress progress(options.phase, options.steps, progress_options);
    while (state.step < options.steps && !state.is_stopped) {
      const double start = detail::seconds_now();
      const std::size_t rows = make_batch(std::as_const(state.step));
      take_step(rows, loss, loop, phase, options, peak.value, state.step == first_step);
      loop.tokens += static_cast<double>(rows) * options.tokens_per_row;
      state.seconds += detail::seconds_now() - start;
      state.tokens_per_second = loop.tokens / state.seconds;
      progress.update(state.step, state.loss, state.tokens_per_second);
      const bool is_last = state.step == options.steps;
      const bool is_due = options.evaluate_every > 0 && state.step % options.evaluate_every == 0;
      if (is_due || is_last) {
        const Evaluation found = evaluate(std::as_const(state));
        write(options, loop, found);
        if (found.is_good) loop.good = *found.is_good ? loop.good + 1 : 0;
        state.is_stopped = options.good_in_a_row > 0 && loop.good >= options.good_in_a_row &&
                           state.step >= options.may_stop_at;
      }
      if (checkpoints && !is_last && !state.is_stopped) checkpoints->after_step(phase, loop);
    }
    if (checkpoints) checkpoints->finish(phase, loop);
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
        : optimizer(owner), value(static_cast<double>(owner.learning_rate)) {
      if (!(value >= 0 && std::isfinite(value)))
        fail("Trainer", "the optimizer's learning rate must be finite, at least 0",
             std::to_string(value));
    }
    PeakLearningRate(const PeakLearningRate&) = delete;
    PeakLearningRate& operator=(const PeakLearningRate&) = delete;
    ~PeakLearningRate() { optimizer.learning_rate = value; }

    Optimizer& optimizer;
    double value;
  };

  // What its checkpoints hold; the optimizer's state is that of its own visit().
  CheckpointedPhase phase_of(const TrainOptions& options, double learning_rate) {
    if (!options.checkpoints) return {};
    Metadata settings = settings_;
    settings["steps"] = std::to_string(options.steps);
    settings["learning rate"] = json::write(learning_rate);
    optimizer_.visit_settings([&](const std::string& name, double value) {
      settings["optimizer." + name] = json::write(value);
    });
    return {.name = options.phase,
            .model = parameters_,
            .optimizer = parameters_of(optimizer_),
            .settings = std::move(settings),
            .save_notes = options.save_notes,
            .load_notes = options.load_notes,
            .steps = options.steps,
            .number = options.phase_number};
  }

  template <class Loss>
  void take_step(std::size_t rows, Loss& loss, detail::LoopState& loop,
                 CheckpointedPhase& phase, const TrainOptions& options, double peak,
                 bool is_first) {
    double mean_loss = 0;
    const auto step = [&] {
      optimizer_.learning_rate = learning_rate_at(loop.training.step, peak, options);
      const auto result = lanes_.step(rows, loss, [&](std::size_t begin, std::size_t count) {
        return options.weight ? options.weight(begin, count) : static_cast<double>(count);
      });
      mean_loss = static_cast<double>(result.loss);
      return optimizer_.step(lanes_);
    };
    const auto report = [&] {
      try {
        return step();
      } catch (const Error& problem) {
        fail_in_step(problem, phase, loop, options);
      }
    }();
    if (is_first && !report.without_gradient.empty())
      fail("Trainer", "every parameter must get a gradient or be frozen",
           "none for " + std::string(report.without_gradient[0]));
    loop.training.loss = mean_loss;
    loop.training.learning_rate = static_cast<double>(optimizer_.learning_rate);
    loop.training.gradient_norm = report.gradient_norm;
    loop.microbatch = lanes_.microbatch();
    ++loop.training.step;
  }

  static double learning_rate_at(std::size_t step, double peak, const TrainOptions& options) {
    const double factor = options.schedule ? options.schedule(step) : 1;
    if (factor >= 0 && std::isfinite(peak * factor)) return peak * factor;
    fail("Trainer", "the schedule's factor must be finite, at least 0", std::to_string(factor));
  }

  // The model is as it was before the step, so that its checkpoint is one from before.
  [[noreturn]] static void fail_in_step(const Error& problem, CheckpointedPhase& phase,
                                        const detail::LoopState& loop,
                                        const TrainOptions& options) {
    const std::size_t step = loop.training.step;
    std::string text = problem.what();
    text += "; in step " + std::to_string(step) + " of " + options.phase;
    if (options.batch_seed) text += ", batch seed " + std::to_string(options.batch_seed(step));
    if (options.checkpoints) text += "; as it was before: " + saved(phase, loop, options);
    throw Error(text);
  }

  // Where its checkpoint is, or why there is none.
  static std::string saved(CheckpointedPhase& phase, const detail::LoopState& loop,
                           const TrainOptions& options) {
    try {
      return options.checkpoints->save(phase, loop);
    } catch (const Error& problem) {
      return std::string("not saved, ") + problem.what();
    }
  }

  static void write(const TrainOptions& options, detail::LoopState& loop,
                    const Evaluation& found) {
    if (!options.log) return;
    const TrainingState& state = loop.training;
    std::vector<Metric> metrics{{"phase", options.phase},
                                {"step", state.step},
                                {"loss", state.loss},
                                {"learning_rate", state.learning_rate},
                                {"gradient_norm", state.gradient_norm},
                                {"tokens_per_second", state.tokens_per_second}};
    for (const Metric& metric : found.metrics) metrics.push_back(metric);
    const std::string line = MetricsLog::line_of({metrics.data(), metrics.size()});
    options.log->write_lines(line);
    if (options.checkpoints) loop.lines += line;
  }

  Lanes lanes_;
  Optimizer& optimizer_;
  std::vector<AnyParameter> parameters_;
  Metadata settings_;  // of the lanes
};

}  // namespace weft
