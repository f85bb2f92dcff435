#include <weft/ops/dropout.hpp>
#include <weft/ops/log.hpp>
#include <weft/ops/mean.hpp>

#include <tests/train/checkpoint_program.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

// What training says, and keeps, where a number is not finite.

using namespace weft;
using namespace weft_tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a loss that is not finite names where it comes from and leaves a checkpoint") {
  const TemporaryFolder folder;
  Line<3> model{};
  model.slope.value = Tensor<double, 3, 1>{{1}, {1}, {1}};
  AdamW<double> optimizer{model, {.learning_rate = 0.1}};
  Trainer<AdamW<double>> trainer{model, optimizer, {.lanes = 2, .microbatch = 1, .threads = 1}};
  Tensor<double, dynamic, 3> x{2};
  Checkpoints checkpoints(folder / "checkpoints");
  std::vector<Tensor<double, 3, 1>> values;
  const auto train = [&] {
    trainer.run({.phase = "first",
                 .steps = 9,
                 .batch_seed = [](std::size_t step) { return 1000 + step; },
                 .checkpoints = &checkpoints,
                 .progress = {.display = ProgressDisplay::quiet}},
                [&](std::size_t step) {
                  values.emplace_back(model.slope.value);
                  for (double& value : x) value = step == 4 ? -1 : 1;
                  return std::size_t{2};
                },
                [&](Tape& tape, std::size_t begin, std::size_t count) {
                  return mean(log(model(tape.constant(x.view().rows(begin, count)))));
                });
  };
  const std::string message = message_of(train);
  const std::string file = folder / "checkpoints/phase-0001-0000000004.safetensors";
  CHECK_THAT(message, ContainsSubstring("first not finite: [log]"));
  CHECK_THAT(message, ContainsSubstring(
                          "every parameter is finite, the greatest in magnitude: slope, element"));
  CHECK_THAT(message, ContainsSubstring("in step 4 of first, batch seed 1004"));
  CHECK_THAT(message, ContainsSubstring("as it was before: " + file));
  REQUIRE(values.size() == 5);
  CHECK(open_checkpoint(file).load<Tensor<double, 3, 1>>("model.slope") == values.back());
}

TEST_CASE("with dropout too, the loss that is not finite is found again by its own draws") {
  Line<3> model{};
  model.slope.value = Tensor<double, 3, 1>{{1}, {1}, {1}};
  Lanes lanes{model, {.lanes = 1, .microbatch = 1, .threads = 1}};
  // The model's 1.5e308 is infinite where it is kept, one time in ten, and multiplied by ten.
  Tensor<double, dynamic, 3> x(1);
  x.fill(5e307);
  const std::string message = message_of([&] {
    for (int step = 0; step < 100; ++step)
      lanes.step(1, [&](Tape& tape, std::size_t begin, std::size_t count) {
        return mean(dropout(model(tape.constant(x.view().rows(begin, count))), 0.9));
      });
  });
  CHECK_THAT(message, ContainsSubstring("first not finite: [dropout]"));
}

TEST_CASE("a learning rate that is not finite leaves a checkpoint from before") {
  const TemporaryFolder folder;
  Line<3> model{};
  AdamW<double> optimizer{model, {.learning_rate = 0.1}};
  Trainer<AdamW<double>> trainer{model, optimizer, {.lanes = 2, .microbatch = 1, .threads = 1}};
  const Tensor<double, 2, 3> x{{1, 2, 3}, {4, 5, 6}};
  Checkpoints checkpoints(folder / "checkpoints");
  const std::string message = message_of([&] {
    trainer.run({.phase = "first",
                 .steps = 9,
                 .schedule = [](std::size_t step) { return step == 4 ? std::nan("") : 0.5; },
                 .checkpoints = &checkpoints,
                 .progress = {.display = ProgressDisplay::quiet}},
                [](std::size_t) { return std::size_t{2}; },
                [&](Tape& tape, std::size_t begin, std::size_t count) {
                  return mean(model(tape.constant(x.view().rows(begin, count))));
                });
  });
  const std::string file = folder / "checkpoints/phase-0001-0000000004.safetensors";
  CHECK_THAT(message, ContainsSubstring("factor must be finite"));
  CHECK_THAT(message, ContainsSubstring("as it was before: " + file));
  CHECK_THAT(*open_checkpoint(file).metadata().find("state"),
             ContainsSubstring("\"learning_rate\":0.05"));
}

TEST_CASE("a parameter that is not finite is named") {
  Line<3> model{};
  model.slope.value = Tensor<double, 3, 1>{{1}, {std::nan("")}, {1}};
  Lanes lanes{model, {.threads = 1}};
  const Tensor<double, 2, 3> x{{1, 1, 1}, {1, 1, 1}};
  const std::string message = message_of([&] {
    lanes.step(2, [&](Tape& tape, std::size_t begin, std::size_t count) {
      return mean(model(tape.constant(x.view().rows(begin, count))));
    });
  });
  CHECK_THAT(message, ContainsSubstring("parameter not finite: slope, element 1, nan"));
  CHECK_THAT(message, ContainsSubstring("first not finite: [matmul]"));
}
