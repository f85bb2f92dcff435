#include <weft/ops/dropout.hpp>
#include <weft/ops/mean.hpp>
#include <weft/ops/slice.hpp>
#include <weft/ops/square.hpp>
#include <weft/ops/subtract.hpp>
#include <weft/train/checkpoints.hpp>

#include <tests/io/full_disk.hpp>
#include <tests/train/checkpoint_program.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>

using namespace weft;
using namespace weft_tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a program killed after any step and resumed ends as one that was never stopped") {
  const TemporaryFolder whole_folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  CHECK(whole.steps.size() > 60);
  for (std::size_t kill = 0; kill < whole.steps.size(); ++kill) {
    const TemporaryFolder folder;
    CAPTURE(kill);
    CHECK(Program<>{folder / "", {.every_steps = 3}, kill}.dies());
    Program<> resumed{folder / "", {.every_steps = 3, .resume = true}};
    resumed.run();
    CHECK(resumed.steps.size() <= whole.steps.size() - kill + 3);
    CHECK(resumed.model.slope.value == whole.model.slope.value);
    CHECK(resumed.seen == whole.seen);
    CHECK(resumed.metrics() == whole.metrics());
  }
}

TEST_CASE("a trainer with two phases, whose batches differ in size, is resumed to the same bits") {
  const TemporaryFolder folder;
  // With a microbatch that is left open: it is measured on the first batch, and keys what dropout
  // draws. The optimizer goes on from one phase to the next.
  const auto train = [&](const char* name, std::size_t kill_after) {
    std::size_t steps = 0;
    Line<64> model{};
    AdamW<double> optimizer{model, {.learning_rate = 0.1}};
    Trainer<AdamW<double>> trainer{model, optimizer, {.lanes = 2, .threads = 1}};
    Checkpoints checkpoints(folder / name, {.every_steps = 2, .resume = kill_after == 0});
    Tensor<double, dynamic, 64> x{0};
    std::size_t length = 0;
    const auto make_batch = [&](std::size_t step) {
      if (++steps == kill_after) fail("test", "killed");
      length = step < 2 ? 1 : 16;  // of a row of the batch
      x = Tensor<double, dynamic, 64>(512 * length);
      Random(5).fork("batch", step).normal(x, 0, 1);
      return std::size_t{512};
    };
    const auto loss = [&](Tape& tape, std::size_t begin, std::size_t count) {
      const auto rows = tape.constant(x.view().rows(begin * length, count * length));
      return mean(square(model(dropout(rows, 0.2)) - slice<1, 0, 1>(rows)));
    };
    for (const char* phase : {"first", "second"})
      trainer.run({.phase = phase,
                   .steps = 5,
                   .checkpoints = &checkpoints,
                   .progress = {.display = ProgressDisplay::quiet}},
                  make_batch, loss);
    return std::pair{model.slope.value, trainer.lanes().microbatch()};
  };
  const auto [whole, microbatch] = train("whole", 1000);
  for (std::size_t kill_after = 2; kill_after <= 10; ++kill_after) {
    INFO(kill_after);
    std::filesystem::remove_all(folder / "killed");
    CHECK(message_of([&] { train("killed", kill_after); }) == "[test] killed");
    const auto [resumed, microbatch_of_resumed] = train("killed", 0);
    CHECK(microbatch_of_resumed == microbatch);
    CHECK(resumed == whole);
  }
}

TEST_CASE("the last two checkpoints of each phase are kept") {
  const TemporaryFolder folder;
  Program<> program{folder / "", {.every_steps = 3}};
  program.run();
  CHECK(names_in_folder(folder / "checkpoints") ==
        std::vector<std::string>{"phase-0001-0000000033.safetensors",
                                 "phase-0001-finished.safetensors",
                                 "phase-0002-0000000033.safetensors",
                                 "phase-0002-finished.safetensors"});
  CHECK(Program<>{folder / "", {.every_steps = 3}, 50}.dies());
  CHECK(names_in_folder(folder / "checkpoints.old").size() == 4);
  const auto names = names_in_folder(folder / "checkpoints");
  REQUIRE(names.size() == 4);
  CHECK(names[1] == "phase-0001-finished.safetensors");
  CHECK(names[3] == "phase-0002-0000000015.safetensors");
}

TEST_CASE("checkpoints of runs that were begun anew are set aside, all of them") {
  const TemporaryFolder folder;
  std::vector<std::string> last;
  for (const std::size_t kill : {4u, 7u, 10u, 13u}) {
    CHECK(Program<>{folder / "", {.every_steps = 3}, kill}.dies());
    last.push_back(names_in_folder(folder / "checkpoints").back());
  }
  CHECK(names_in_folder(folder / "") ==
        std::vector<std::string>{"checkpoints", "checkpoints.old", "checkpoints.old.2",
                                 "checkpoints.old.3", "metrics.jsonl"});
  const char* const folders[] = {"checkpoints.old", "checkpoints.old.2", "checkpoints.old.3"};
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(names_in_folder(folder / folders[i]).back() == last[i]);
  Program<> resumed{folder / "", {.resume = true}};
  resumed.run();
  CHECK(resumed.steps[0] == 12);
  CHECK(names_in_folder(folder / "checkpoints.old").back() == last[0]);
}

TEST_CASE("a folder of checkpoints may be named with a slash at its end") {
  const TemporaryFolder folder;
  for (int i = 0; i < 2; ++i) {
    const Checkpoints checkpoints(folder / "checkpoints/");
    TemporaryFolder::put(folder / "checkpoints/kept", "");
  }
  CHECK(names_in_folder(folder / "checkpoints.old") == std::vector<std::string>{"kept"});
}

TEST_CASE("phases with numbers of their own may come in any order") {
  const TemporaryFolder folder;
  for (const bool resume : {false, true}) {
    Checkpoints checkpoints(folder / "checkpoints", {.resume = resume});
    const std::size_t first = checkpoints.reserve(2);
    CHECK(first == 1);
    CHECK(checkpoints.reserve(1) == 3);
    Line<3> model{};
    for (const std::size_t number : {first + 1, first}) {
      CheckpointedPhase phase;
      phase.name = std::to_string(number);
      phase.model = parameters_of(model);
      phase.number = number;
      detail::LoopState state;
      CHECK(checkpoints.begin(phase, state) == resume);
      checkpoints.finish(phase, state);
    }
  }
}

TEST_CASE("phases side by side each pass over their own damaged checkpoints") {
  const TemporaryFolder folder;
  constexpr std::size_t phases = 8;
  const auto train = [&](bool resumes, std::size_t from, std::size_t to) {
    Checkpoints checkpoints(folder / "checkpoints", {.resume = resumes});
    const std::size_t first = checkpoints.reserve(phases);
    std::vector<std::size_t> begun(phases);
    parallel_for(phases, 4, [&](std::size_t i, int) {
      Line<3> model{};
      CheckpointedPhase phase;
      phase.name = std::to_string(i);
      phase.model = parameters_of(model);
      phase.number = first + i;
      detail::LoopState state;
      checkpoints.begin(phase, state);
      begun[i] = state.training.step;
      for (state.training.step = from; state.training.step <= to; ++state.training.step)
        checkpoints.save(phase, state);
    });
    return begun;
  };
  const auto names_of = [](std::size_t phase, std::initializer_list<std::size_t> steps) {
    std::vector<std::string> names;
    for (const std::size_t step : steps)
      names.push_back("phase-000" + std::to_string(phase) + "-000000000" + std::to_string(step) +
                      ".safetensors");
    return names;
  };
  train(false, 1, 3);
  for (std::size_t phase = 1; phase <= phases; phase += 2)
    flip_a_bit(folder / "checkpoints/" + names_of(phase, {3})[0]);
  const std::vector<std::size_t> begun = train(true, 3, 4);
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < phases; ++i) {
    CHECK(begun[i] == (i % 2 ? 3 : 2));
    for (const std::string& name : names_of(i + 1, {3, 4})) expected.push_back(name);
  }
  CHECK(names_in_folder(folder / "checkpoints") == expected);
}

TEST_CASE("a checkpoint written twice takes the place of no other") {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder / "checkpoints");
  Line<3> model{};
  CheckpointedPhase phase;
  phase.name = "first";
  phase.model = parameters_of(model);
  detail::LoopState state;
  checkpoints.begin(phase, state);
  for (const std::size_t step : {1u, 2u, 2u}) {
    state.training.step = step;
    checkpoints.save(phase, state);
  }
  CHECK(names_in_folder(folder / "checkpoints") ==
        std::vector<std::string>{"phase-0001-0000000001.safetensors",
                                 "phase-0001-0000000002.safetensors"});
}

TEST_CASE("a program that is asked to stop writes a checkpoint and ends") {
  const TemporaryFolder whole_folder, folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  Program<> program{folder / ""};
  program.options.should_stop = [&] { return program.steps.size() == 11; };
  CHECK_THAT(message_of([&] { program.run(); }), ContainsSubstring("stopped as asked"));
  Program<> resumed{folder / "", {.resume = true}};
  resumed.run();
  CHECK(resumed.steps[0] == 11);
  CHECK(resumed.model.slope.value == whole.model.slope.value);
}

TEST_CASE("checkpoints are written as time passes") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_seconds = 1e-9}, 5}.dies());
  CHECK(names_in_folder(folder / "checkpoints").back() == "phase-0001-0000000005.safetensors");
}

TEST_CASE("where the disk is full the error names the file, and older checkpoints stay") {
  const TemporaryFolder whole_folder, folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  CHECK(Program<>{folder / "", {.every_steps = 3}, 4}.dies());
  const auto names = names_in_folder(folder / "checkpoints");
  Program<> full{folder / "", {.every_steps = 3, .resume = true}};
  const std::string message = message_of([&] {
    const FullDisk limit(512);
    full.run();
  });
  CHECK_THAT(message, ContainsSubstring("phase-0001-0000000006.safetensors"));
  CHECK_THAT(message, ContainsSubstring("File too large"));
  CHECK(names_in_folder(folder / "checkpoints") == names);
  Program<> resumed{folder / "", {.resume = true}};
  resumed.run();
  CHECK(resumed.model.slope.value == whole.model.slope.value);
}
