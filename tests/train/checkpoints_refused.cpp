#include <weft/train/checkpoints.hpp>

#include <tests/train/checkpoint_program.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>

// Which checkpoints a run passes over, which it refuses, and what is lost then: nothing.

using namespace weft;
using namespace weft_tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a damaged checkpoint is passed over for the one before it") {
  const TemporaryFolder whole_folder, folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  CHECK(Program<>{folder / "", {.every_steps = 3}, 14}.dies());
  const std::string newest = folder / "checkpoints/phase-0001-0000000012.safetensors";
  SECTION("by a bit") { flip_a_bit(newest); }
  SECTION("cut short") { TemporaryFolder::put(newest, read_file(newest).substr(0, 700)); }
  SECTION("empty") { TemporaryFolder::put(newest, ""); }
  Program<> resumed{folder / "", {.resume = true}};
  resumed.run();
  CHECK(resumed.steps[0] == 9);
  CHECK(resumed.model.slope.value == whole.model.slope.value);
  CHECK(resumed.metrics() == whole.metrics());
}

TEST_CASE("a damaged result is passed over for the last checkpoint of its phase") {
  const TemporaryFolder whole_folder, folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  CHECK(Program<>{folder / "", {.every_steps = 3}, 50}.dies());
  flip_a_bit(folder / "checkpoints/phase-0001-finished.safetensors");
  Program<> resumed{folder / "", {.resume = true}};
  resumed.run();
  CHECK(resumed.steps[0] == 33);
  CHECK(resumed.steps[2] == 15);
  CHECK(resumed.model.slope.value == whole.model.slope.value);
  CHECK(resumed.metrics() == whole.metrics());
}

TEST_CASE("a phase that has only damaged checkpoints begins anew and keeps two good ones") {
  const TemporaryFolder whole_folder, folder;
  Program<> whole{whole_folder / ""};
  whole.run();
  CHECK(Program<>{folder / "", {.every_steps = 3}, 50}.dies());
  const std::string phase = folder / "checkpoints/phase-0002-";
  const std::string numbers[] = {"0000000012.safetensors", "0000000015.safetensors"};
  for (const std::string& number : numbers) flip_a_bit(phase + number);
  Program<> again{folder / "", {.every_steps = 2, .resume = true}, 15};
  const std::string told = stderr_of([&] { CHECK(again.dies()); });
  CHECK(again.steps[0] == 0);
  CHECK_THAT(told, ContainsSubstring("second begins anew, since all its checkpoints are damaged"));
  const std::string list = told.substr(told.find("begins anew"));
  for (const std::string& number : numbers) CHECK_THAT(list, ContainsSubstring(phase + number));
  // The one of step 12 was written again, that of step 15 was not reached.
  CHECK_NOTHROW(open_checkpoint(phase + "0000000012.safetensors"));
  CHECK_NOTHROW(open_checkpoint(phase + "0000000014.safetensors"));
  CHECK_THROWS_AS(open_checkpoint(phase + "0000000015.safetensors"), Error);
  Program<> resumed{folder / "", {.every_steps = 4, .resume = true}, 5};
  CHECK(resumed.dies());
  CHECK(resumed.steps[0] == 14);
  const auto names = names_in_folder(folder / "checkpoints");
  CHECK(std::vector<std::string>(names.end() - 2, names.end()) ==
        std::vector<std::string>{"phase-0002-0000000014.safetensors",
                                 "phase-0002-0000000016.safetensors"});
  Program<> last{folder / "", {.resume = true}};
  last.run();
  CHECK(last.model.slope.value == whole.model.slope.value);
  CHECK(last.metrics() == whole.metrics());
}

TEST_CASE("a checkpoint that cannot be read is not passed over, and nothing is begun") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_steps = 3}, 14}.dies());
  const std::string newest = folder / "checkpoints/phase-0001-0000000012.safetensors";
  const auto names = names_in_folder(folder / "checkpoints");
  std::filesystem::remove(newest);
  std::filesystem::create_directory(newest);
  Program<> resumed{folder / "", {.resume = true}};
  CHECK_THAT(message_of([&] { resumed.run(); }),
             ContainsSubstring("Is a directory") && ContainsSubstring(newest));
  CHECK(names_in_folder(folder / "checkpoints") == names);
}

TEST_CASE("where all checkpoints are damaged nothing is begun, and nothing lost") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_steps = 3}, 14}.dies());
  const auto names = names_in_folder(folder / "checkpoints");
  for (const std::string& name : names) flip_a_bit(folder / ("checkpoints/" + name));
  const std::string metrics = read_file(folder / "metrics.jsonl");
  Program<> resumed{folder / "", {.resume = true}};
  const std::string message = message_of([&] { resumed.run(); });
  CHECK_THAT(message, ContainsSubstring("every checkpoint is damaged"));
  REQUIRE(names.size() == 2);
  for (const std::string& name : names) CHECK_THAT(message, ContainsSubstring(name));
  CHECK(names_in_folder(folder / "checkpoints") == names);
  CHECK(read_file(folder / "metrics.jsonl") == metrics);
}

TEST_CASE("a checkpoint of another run, phase, format or model is refused, and named") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_steps = 3, .run = {{"preset", "quick"}}}, 4}.dies());
  const std::string path = folder / "checkpoints/phase-0001-0000000003.safetensors";
  const std::string contents = read_file(path);
  const auto refusal = [&](Metadata run) {
    const std::string message =
        message_of([&] { Program<>{folder / "", {.resume = true, .run = std::move(run)}}.run(); });
    CHECK_THAT(message, ContainsSubstring(path));
    CHECK(read_file(path) == contents);
    return message;
  };
  CHECK_THAT(refusal({{"preset", "large"}}),
             ContainsSubstring("preset is quick in the file and large here"));
  CHECK_THAT(refusal({}), ContainsSubstring("preset is quick in the file and not set here"));
  CHECK_THAT(refusal({{"preset", "quick"}, {"seed", "3"}}),
             ContainsSubstring("seed is not set in the file and 3 here"));
  Program<5> wider{folder / "", {.resume = true, .run = {{"preset", "quick"}}}};
  const std::string message = message_of([&] { wider.run(); });
  CHECK_THAT(message, ContainsSubstring(path));
  CHECK_THAT(message,
             ContainsSubstring("model.slope is F64 (5, 1) here and F64 (3, 1) in the file"));
  CHECK(wider.model.slope.value == Line<5>{}.slope.value);

  std::string other_format = contents;
  const std::string_view key = "\"weft.checkpoint\":\"";
  other_format[other_format.find(key) + key.size()] = '1';
  Crc64 crc;
  crc.add(other_format.data(), other_format.size() - 8);
  const std::uint64_t sum = crc.value();
  std::memcpy(other_format.data() + other_format.size() - 8, &sum, 8);
  TemporaryFolder::put(path, other_format);
  CHECK_THAT(message_of([&] { Program<>{folder / "", {.resume = true}}.run(); }),
             ContainsSubstring("checkpoint is 1 in the file and 2 here"));
}

TEST_CASE("a checkpoint of other settings is refused with both values") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_steps = 3}, 4}.dies());
  const std::string path = folder / "checkpoints/phase-0001-0000000003.safetensors";
  const std::string contents = read_file(path);
  const auto refusal = [&](double learning_rate, std::size_t steps, double decay = 0.01) {
    Program<> other{folder / "", {.resume = true}, 1000, learning_rate, steps};
    other.weight_decay = decay;
    const std::string message = message_of([&] { other.run(); });
    CHECK_THAT(message, ContainsSubstring(path));
    CHECK(other.steps.empty());
    CHECK(read_file(path) == contents);
    return message;
  };
  CHECK_THAT(refusal(0.25, 40),
             ContainsSubstring("learning rate is 0.1 in the file and 0.25 here"));
  CHECK_THAT(refusal(0.1, 60), ContainsSubstring("steps is 40 in the file and 60 here"));
  CHECK_THAT(refusal(0.1, 40, 0.02),
             ContainsSubstring("optimizer.weight_decay is 0.01 in the file and 0.02 here"));
}

TEST_CASE("a checkpoint from a step past the last one is refused") {
  const TemporaryFolder folder;
  Line<3> model{};
  CheckpointedPhase phase;
  phase.name = "first";
  phase.model = parameters_of(model);
  detail::LoopState state;
  {
    Checkpoints checkpoints(folder / "checkpoints");
    checkpoints.begin(phase, state);
    state.training.step = 41;
    checkpoints.save(phase, state);
  }
  for (const std::size_t steps : {40u, 41u}) {
    Checkpoints checkpoints(folder / "checkpoints", {.resume = true});
    phase.steps = steps;
    state.training.step = 0;
    const std::string message = message_of([&] { checkpoints.begin(phase, state); });
    CHECK(state.training.step == (steps == 41 ? 41 : 0));
    if (steps == 41) CHECK(message.empty());
    else CHECK_THAT(message, ContainsSubstring("0000000041.safetensors, after step 41 of 40"));
  }
}
