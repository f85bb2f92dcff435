#include <weft/train/trainer.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/optim/schedule.hpp>

#include <tests/train/count_allocations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

using namespace weft;

namespace {

struct Line {
  using element_type = double;
  nn::Parameter<double, 3, 1> slope;

  auto operator()(const auto& x) const { return matmul(x, slope); }
  void visit(auto&& visitor) { visitor("slope", slope); }
};

// y = x (1, -2, 0.5)^T, a new batch of 32 samples each step.
struct Task {
  Tensor<double, dynamic, 3> x{32};
  Tensor<double, dynamic, 1> y{32};
  std::vector<std::size_t> steps;

  std::size_t draw(std::size_t step) {
    steps.push_back(step);
    Random random = Random(5).fork(step);
    random.normal(x, 0, 1);
    for (std::size_t i = 0; i < 32; ++i) y(i, 0) = x(i, 0) - 2 * x(i, 1) + 0.5 * x(i, 2);
    return 32;
  }
};

struct Regression {
  Line model;
  Task task;
  AdamW<double> optimizer{model, {.learning_rate = 0.1, .weight_decay = 0}};
  Trainer<AdamW<double>> trainer{model, optimizer, {.threads = 2}};
  mutable std::vector<std::uint32_t> draws;  // of the first microbatch of each step

  template <class Evaluate>
  TrainingState run(TrainOptions options, Evaluate&& evaluate) {
    options.progress.display = ProgressDisplay::quiet;
    const auto make_batch = [this](std::size_t step) { return task.draw(step); };
    const auto loss_of_rows = [this](Tape& tape, std::size_t begin, std::size_t count) {
      return loss(tape, begin, count);
    };
    return trainer.run(options, make_batch, loss_of_rows, evaluate);
  }
  TrainingState run(const TrainOptions& options) {
    return run(options, [](const TrainingState&) { return Evaluation{}; });
  }

  Variable<double> loss(Tape& tape, std::size_t begin, std::size_t count) const {
    if (begin == 0 && draws.size() < task.steps.size()) draws.push_back(Random(tape.random).bits());
    return mean_squared_error(model(tape.constant(task.x.view().rows(begin, count))),
                              task.y.view().rows(begin, count));
  }
};

}  // namespace

TEST_CASE("a trainer fits a line") {
  Regression regression;
  const TrainingState state = regression.run({.steps = 300, .schedule = schedule::Cosine{300}});
  CHECK(state.step == 300);
  CHECK(state.loss < 1e-6);
  CHECK(std::abs(regression.model.slope.value(1, 0) + 2) < 1e-3);
  CHECK(state.tokens_per_second > 0);
  CHECK(state.seconds > 0);
  CHECK_FALSE(state.is_stopped);
}

TEST_CASE("a trainer does what a loop by hand does, to the bit") {
  Regression regression;
  regression.run({.steps = 7, .schedule = schedule::Cosine{20}});

  Regression by_hand;
  Lanes lanes(by_hand.model, {.threads = 1});
  for (std::size_t step = 0; step < 7; ++step) {
    by_hand.optimizer.learning_rate = 0.1 * schedule::Cosine{20}(step);
    lanes.step(by_hand.task.draw(step), [&](Tape& tape, std::size_t begin, std::size_t count) {
      return by_hand.loss(tape, begin, count);
    });
    by_hand.optimizer.step(lanes);
  }
  CHECK(regression.model.slope.value == by_hand.model.slope.value);
}

TEST_CASE("a run resumed in the middle ends as one that was never stopped") {
  Regression whole, parts;
  whole.run({.steps = 10, .schedule = schedule::LinearWarmup{10}});
  parts.run({.steps = 4, .schedule = schedule::LinearWarmup{10}});
  const TrainingState state =
      parts.run({.steps = 10, .first_step = 4, .schedule = schedule::LinearWarmup{10}});
  CHECK(state.step == 10);
  CHECK(parts.task.steps == whole.task.steps);
  CHECK(parts.draws == whole.draws);
  CHECK(parts.model.slope.value == whole.model.slope.value);
}

TEST_CASE("the learning rate follows the schedule and is given back") {
  Regression regression;
  std::vector<double> rates;
  regression.run({.steps = 4, .schedule = schedule::LinearWarmup{4}, .evaluate_every = 1},
                 [&](const TrainingState& state) {
                   rates.push_back(state.learning_rate);
                   return Evaluation{};
                 });
  CHECK(rates == std::vector<double>{0.1 * 0.25, 0.1 * 0.5, 0.1 * 0.75, 0.1});
  CHECK(regression.optimizer.learning_rate == 0.1);
}

TEST_CASE("a learning rate that is not finite is refused by name") {
  const auto message_of = [](double learning_rate, double factor) {
    Regression regression;
    regression.optimizer.learning_rate = learning_rate;
    try {
      regression.run({.phase = "fit", .steps = 4, .schedule = [factor](std::size_t step) {
                        return step == 2 ? factor : 1;
                      }});
    } catch (const Error& problem) {
      return std::string(problem.what());
    }
    return std::string();
  };
  CHECK(message_of(0.1, 0).empty());
  CHECK(message_of(0.1, std::nan("")) ==
        "[Trainer] the schedule's factor must be finite, at least 0: nan; in step 2 of fit");
  CHECK(message_of(0.1, HUGE_VAL).find("factor must be finite") != std::string::npos);
  CHECK(message_of(0.1, -1).find("factor must be finite") != std::string::npos);
  CHECK(message_of(std::nan(""), 1) ==
        "[Trainer] the optimizer's learning rate must be finite, at least 0: nan");
}

TEST_CASE("a run is evaluated as often as it asks, and at its end") {
  Regression regression;
  std::vector<std::size_t> steps;
  const auto note = [&](const TrainingState& state) {
    steps.push_back(state.step);
    return Evaluation{};
  };
  regression.run({.steps = 25, .evaluate_every = 10}, note);
  CHECK(steps == std::vector<std::size_t>{10, 20, 25});
  steps.clear();
  regression.run({.steps = 20, .evaluate_every = 10}, note);
  CHECK(steps == std::vector<std::size_t>{10, 20});
  steps.clear();
  regression.run({.steps = 5}, note);
  CHECK(steps == std::vector<std::size_t>{5});
}

TEST_CASE("a run stops after good evaluations in a row, but not before it may") {
  // Good at the evaluations marked 1, bad at 0, not asked at -; one every 10 steps.
  const auto stopped_at = [](const std::string& marks, std::size_t in_a_row,
                             std::size_t may_stop_at) {
    Regression regression;
    return regression
        .run({.steps = 10 * marks.size(),
              .evaluate_every = 10,
              .good_in_a_row = in_a_row,
              .may_stop_at = may_stop_at},
             [&](const TrainingState& state) {
               const char mark = marks.at(state.step / 10 - 1);
               return mark == '-' ? Evaluation{} : Evaluation{{}, mark == '1'};
             })
        .step;
  };
  CHECK(stopped_at("01011000", 2, 0) == 50);
  CHECK(stopped_at("01011000", 1, 0) == 20);
  CHECK(stopped_at("01011110", 2, 55) == 60);
  CHECK(stopped_at("01011000", 3, 0) == 80);
  CHECK(stopped_at("11111111", 0, 0) == 80);
  CHECK(stopped_at("-1-1-011", 2, 0) == 40);
  CHECK(stopped_at("-1-0-1-1", 2, 0) == 80);
  CHECK(stopped_at("11--0000", 2, 25) == 30);  // good in a row, and now it may
}

TEST_CASE("a trainer logs every evaluation") {
  std::string path = "/tmp/weft-trainer-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  REQUIRE(descriptor >= 0);
  ::close(descriptor);
  {
    MetricsLog log(path);
    Regression regression;
    regression.run({.phase = "fit", .steps = 4, .evaluate_every = 2, .log = &log},
                   [&](const TrainingState&) { return Evaluation{{{"accuracy", 0.5}}}; });
  }
  const std::string text = read_file(path);
  ::unlink(path.c_str());
  const std::string_view first = std::string_view(text).substr(0, text.find('\n'));
  CHECK(text.find("\n{\"phase\":\"fit\",\"step\":4,\"loss\":") != std::string::npos);
  const json::Value record = json::parse(first);
  REQUIRE(record.find("accuracy") != nullptr);
  CHECK(*record.find("accuracy")->number() == 0.5);
  CHECK(*record.find("step")->integer() == 2);
  CHECK(*record.find("learning_rate")->number() == 0.1);
  CHECK(record.find("tokens_per_second") != nullptr);
}

TEST_CASE("training refuses a parameter that gets no gradient, unless it is frozen") {
  Regression regression;
  const auto ignore_slope = [&](Tape& tape, std::size_t begin, std::size_t count) {
    const auto guess = tape.variable(Tensor<double, 3, 1>{{1}, {1}, {1}});
    return mean_squared_error(
        matmul(tape.constant(regression.task.x.view().rows(begin, count)), guess),
        regression.task.y.view().rows(begin, count));
  };
  const auto train = [&] {
    regression.trainer.run({.steps = 2, .progress = {.display = ProgressDisplay::quiet}},
                           [&](std::size_t step) { return regression.task.draw(step); },
                           ignore_slope);
  };
  std::string message;
  try {
    train();
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(message == "[Trainer] every parameter must get a gradient or be frozen: none for slope");
  CHECK(regression.optimizer.learning_rate == 0.1);
  regression.optimizer.group([](std::string_view) { return true; }, {.frozen = true});
  CHECK_NOTHROW(train());
}

TEST_CASE("memory is flat over the steps of a run") {
  Regression regression;
  regression.task.steps.reserve(1000);
  regression.draws.reserve(1000);
  std::size_t at_step_2 = 0, at_end = 0;
  regression.run({.steps = 200, .evaluate_every = 2}, [&](const TrainingState& state) {
    if (state.step == 2) at_step_2 = allocations_so_far();
    at_end = allocations_so_far();
    return Evaluation{};
  });
  CHECK(at_end == at_step_2);
}
