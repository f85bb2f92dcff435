#pragma once

#include <weft/autograd/variable.hpp>
#include <weft/core/function.hpp>
#include <weft/train/communicator.hpp>
#include <weft/train/lane_gradients.hpp>
#include <weft/train/microbatches.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

struct LaneOptions {
  std::size_t lanes = 16;      // a power of two
  std::size_t microbatch = 0;  // rows at most; 0: as many as stay in a core's cache
  int threads = 0;             // 0: default_threads()
  Random random{0};            // keys what dropout draws, with the step and the row
  Communicator communicator{};  // the processes that share the lanes
};

// What Lanes::step() found.
template <class T>
struct StepResult {
  T loss;  // mean over the batch
};

// Data parallelism: the mean loss of a batch and its gradients, computed by several threads, with
// the same bits for any number of them.
//
//   Lanes lanes{model};
//   lanes.step(rows, [&](Tape& tape, std::size_t begin, std::size_t count) {
//     auto x = tape.constant(inputs.view().rows(begin, count));
//     return cross_entropy(model(x), targets.view().rows(begin, count));
//   });
//   optimizer.step(lanes);
//
// The rows are shared out over a fixed number of lanes, and a lane's share over microbatches, by a
// rule that knows only the rows, the shapes and the options. Each lane collects its own gradients;
// these are summed in a fixed tree. Threads take lanes as they come free, and each keeps a tape,
// whose memory so stays in its core's cache from one microbatch to the next.
//
// Several processes may share the lanes, each of which has the model and the batch and makes the
// same steps: every rank runs as many lanes as the others, in order of its rank. The sum over ranks
// goes on with the same tree, so the result is that of one process, to the bit, on all of them.
class Lanes {
 public:
  // The model must outlive the lanes. It may be moved, but have no other one assigned to it, since
  // the lanes know its parameters by where their elements lie. Throws Error where the number of
  // lanes is not a power of two, that of ranks not one up to it, or that of threads negative.
  template <class Model>
  explicit Lanes(const Model& model, const LaneOptions& options = {})
      : Lanes(parameters_of(model), options) {}

  // Adds the gradients of the mean loss over `rows` rows to gradients().
  //
  // loss(tape, begin, count) gives the mean loss of rows [begin, begin + count), a scalar variable
  // of that tape. weight(begin, count) says what that mean counts for in the mean of the batch:
  // over how many things it is, where these are not the rows, or as many for each row. So it is for
  // cross_entropy whose ignored targets are unevenly spread:
  //   lanes.step(rows, loss, [&](std::size_t begin, std::size_t count) {
  //     return counted_targets(targets.view().rows(begin, count));
  //   });
  // Both are called from several threads at once, the loss each time with the tape of its thread
  // and, where the size of a microbatch is left open, once more for row 0 before the first step.
  // Gradients of parameters outside the model are not kept. Nothing is allocated from the second
  // step with the same number of rows on.
  // Throws Error where there are no rows, or none with a weight, where a loss is not finite (naming
  // the first operation whose result is not, and the parameter that is not or is the greatest), and
  // whatever loss throws, from the lowest lane that threw; all gradients are cleared then, and the
  // lanes can be used again. With several ranks all of them throw that one's message.
  template <class Loss, class Weight>
  auto step(std::size_t rows, Loss&& loss, Weight&& weight) {
    using Result = std::invoke_result_t<Loss&, Tape&, std::size_t, std::size_t>;
    static_assert(Result::rank == 0, "weft: the loss of a step must be a scalar variable");
    using T = typename Result::value_type;
    return run_step<T>(rows, AnyLoss<T>(loss), WeightOfRows(weight));
  }

  // The same where every row counts alike.
  template <class Loss>
  auto step(std::size_t rows, Loss&& loss) {
    return step(rows, loss, [](std::size_t, std::size_t count) { return count; });
  }

  // The gradients of all steps since they were cleared, for optimizer.step(lanes).
  Gradients& gradients() { return gradients_.total(); }

  // Parameters whose path the predicate is true of take part in the forward pass only, as do those
  // that an optimizer has frozen:
  //   lanes.freeze([](std::string_view path) { return path.starts_with("embedding"); });
  // Throws Error where it is true of none.
  template <class Predicate>
    requires std::is_invocable_v<Predicate&, std::string_view>
  void freeze(Predicate&& predicate, bool frozen = true) {
    if (gradients_.freeze(predicate, frozen) == 0)
      fail("freeze", "the predicate must be true of the path of a parameter");
  }

  // For optimizer.freeze_into(lanes): the parameter whose value lies here.
  void freeze_for_optimizer(const void* value, bool frozen) {
    gradients_.freeze_for_optimizer(value, frozen);
  }

  std::size_t lanes() const { return options_.lanes; }
  int threads() const { return options_.threads; }
  // Rows of a microbatch at most; 0 before the first step where it was left open.
  std::size_t microbatch() const { return options_.microbatch; }
  // The same number as before, where a run is resumed: what is drawn in a step depends on it.
  void set_microbatch(std::size_t rows) { options_.microbatch = rows; }
  // What keys the draws of all steps.
  const Random& random() const { return options_.random; }
  // The number of the next step, which keys what it draws; set it where a run is resumed.
  std::size_t next_step() const { return next_step_; }
  void set_next_step(std::size_t step) { next_step_ = step; }

 private:
  Lanes(const std::vector<AnyParameter>& parameters, const LaneOptions& options)
      : options_(checked(options)),
        gradients_(parameters, own_lanes(), options_.threads),
        workers_(static_cast<std::size_t>(options_.threads)),
        losses_(options_.lanes),
        reports_(options_.communicator.ranks) {}

  // Two cache lines, since processors fetch them in pairs: no two threads write to one.
  struct alignas(2 * alignment) Worker {
    Tape tape;
    ParameterCache cache;  // for the length of a step
  };

  // Lends the gradients of a lane to the tape of a thread.
  class Loan {
   public:
    Loan(Tape& tape, Gradients& gradients) : tape_(tape), gradients_(gradients) {
      std::swap(tape_.gradients(), gradients_);
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { std::swap(tape_.gradients(), gradients_); }

   private:
    Tape& tape_;
    Gradients& gradients_;
  };

  static LaneOptions checked(LaneOptions options) {
    const std::size_t lanes = options.lanes;
    if (lanes == 0 || (lanes & (lanes - 1)) != 0)
      fail("Lanes", "the number of lanes must be a power of two", std::to_string(lanes));
    if (options.threads < 0)
      fail("Lanes", "the number of threads cannot be negative", std::to_string(options.threads));
    const std::size_t ranks = options.communicator.ranks;
    if (ranks == 0 || (ranks & (ranks - 1)) != 0 || ranks > lanes)
      fail("Lanes", "the number of ranks must be a power of two, and at most that of lanes",
           std::to_string(ranks) + " ranks, " + std::to_string(lanes) + " lanes");
    if (options.threads == 0) options.threads = default_threads();
    options.threads =
        static_cast<int>(std::min(static_cast<std::size_t>(options.threads), lanes / ranks));
    return options;
  }

  // The lanes of this rank: so many, from the first on.
  std::size_t own_lanes() const { return options_.lanes / options_.communicator.ranks; }
  std::size_t first_lane() const { return options_.communicator.rank * own_lanes(); }

  // What a rank tells the others after its lanes.
  struct RankReport {
    std::uint64_t step = 0;
    bool has_failed = false;
    char message[503] = {};
  };

  // Learns how the lanes of other ranks went. Throws Error, on every rank the same, where a lane of
  // any failed or they are not at the same step.
  void share_losses(const std::string& failure) {
    const Communicator& communicator = options_.communicator;
    RankReport& own = reports_[communicator.rank];
    own = {.step = next_step_, .has_failed = !failure.empty()};
    failure.copy(own.message, sizeof own.message - 1);
    all_gather(communicator, reports_.data(), 1);
    for (const RankReport& report : reports_) {
      if (!report.has_failed && report.step == own.step) continue;
      forget_step();
      if (report.has_failed) throw Error(report.message);
      fail("step", "all ranks must be at the same step",
           std::to_string(own.step) + " and " + std::to_string(report.step));
    }
    all_gather(communicator, losses_.data(), own_lanes());
  }

  void forget_step() {
    gradients_.clear();
    clear_caches();
  }

  void clear_caches() {
    for (Worker& worker : workers_) worker.cache.clear();
  }

  // A loss without its type, so that what follows is compiled once for all models.
  template <class T>
  using AnyLoss = detail::FunctionView<Variable<T>(Tape&, std::size_t, std::size_t)>;
  using WeightOfRows = detail::FunctionView<double(std::size_t, std::size_t)>;

  template <class T>
  StepResult<T> run_step(std::size_t rows, const AnyLoss<T>& loss, const WeightOfRows& weight) {
    const double total = rows > 0 ? weight(0, rows) : 0;
    if (!(total > 0)) {
      forget_step();
      if (rows == 0) fail("step", "a batch must have at least one row");
      fail("step", "the rows of a batch must have a weight", std::to_string(total));
    }
    const Random random = options_.random.fork("step", next_step_);
    if (options_.microbatch == 0)
      options_.microbatch =
          detail::measured_microbatch(loss, random, gradients_.parameter_bytes());
    const Communicator& communicator = options_.communicator;
    const std::size_t first = first_lane();
    const std::size_t busy = std::min(rows, options_.lanes);  // lanes that have a row
    const std::size_t count = busy > first ? std::min(busy - first, own_lanes()) : 0;
    // The sum over ranks goes on with what the first one had before.
    if (communicator.rank > 0) gradients_.total().clear();
    std::string failure;
    try {
      parallel_for(count, options_.threads, [&](std::size_t lane, int thread) {
        Worker& worker = workers_[static_cast<std::size_t>(thread)];
        worker.tape.parameter_cache = &worker.cache;
        worker.tape.recycles_gradients = true;
        losses_[first + lane] =
            run_lane<T>(first + lane, worker.tape, gradients_.lend(lane), rows, random, loss,
                        weight, total);
        gradients_.finish(lane);
      });
    } catch (const std::exception& problem) {
      forget_step();
      if (communicator.ranks == 1) throw;
      failure = problem.what();
    } catch (...) {
      forget_step();
      if (communicator.ranks == 1) throw;
      failure = "[step] an exception that is no std::exception was thrown";
    }
    clear_caches();
    if (communicator.ranks > 1) share_losses(failure);
    gradients_.sum(options_.threads);
    if (communicator.ranks > 1) gradients_.sum_ranks(communicator);
    ++next_step_;
    double sum = 0;
    for (std::size_t lane = 0; lane < busy; ++lane) sum += losses_[lane];
    return {static_cast<T>(sum / total)};
  }

  // The sum of the losses of a lane's rows, each mean times its weight.
  template <class T>
  double run_lane(std::size_t lane, Tape& tape, Gradients& gradients, std::size_t rows,
                  const Random& random, const AnyLoss<T>& loss, const WeightOfRows& weight,
                  double total) {
    const RowRange share = share_of_rows(rows, options_.lanes, lane);
    const Loan loan(tape, gradients);
    double sum = 0;
    for (std::size_t index = 0; index * options_.microbatch < share.count; ++index) {
      const RowRange piece = microbatch_of(share, options_.microbatch, index);
      const double part = weight(piece.begin, piece.count);
      if (!(part >= 0))
        fail("step", "the weight of rows must be at least 0",
             std::to_string(part) + " of rows from " + std::to_string(piece.begin) + " on");
      if (part == 0) continue;
      tape.reset();
      tape.mode = Mode::train;
      tape.random = random.fork(piece.begin);
      const Variable<T> mean = loss(tape, piece.begin, piece.count);
      if (!std::isfinite(mean.item())) fail_not_finite(mean.item(), piece, random, tape, loss);
      tape.backward(mean, static_cast<T>(part) / static_cast<T>(total));
      sum += static_cast<double>(mean.item()) * part;
    }
    tape.reset();
    return sum;
  }

  // Says where it comes from, by the same forward pass once more.
  template <class T>
  [[noreturn]] void fail_not_finite(T mean, RowRange piece, const Random& random, Tape& tape,
                                    const AnyLoss<T>& loss) {
    std::string operation = "no operation";
    tape.reset();
    tape.random = random.fork(piece.begin);  // the draws of the first time
    tape.finds_not_finite = true;
    try {
      loss(tape, piece.begin, piece.count);
    } catch (const Error& found) {
      operation = found.what();
    }
    tape.finds_not_finite = false;
    fail("step", "the loss of a microbatch must be finite",
         std::to_string(mean) + ", step " + std::to_string(next_step_) + ", rows " +
             std::to_string(piece.begin) + " to " + std::to_string(piece.begin + piece.count - 1) +
             "; first not finite: " + operation + "; " + gradients_.least_finite());
  }

  LaneOptions options_;
  LaneGradients gradients_;
  std::vector<Worker> workers_;  // by thread
  std::vector<double> losses_;   // by lane
  std::vector<RankReport> reports_;  // by rank
  std::size_t next_step_ = 0;
};

}  // namespace weft
