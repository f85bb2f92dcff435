#include <weft/train/checkpoints.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/log.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/mean.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <tests/io/full_disk.hpp>
#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

template <std::size_t Inputs>
struct Line {
  using element_type = double;
  nn::Parameter<double, Inputs, 1> slope;

  auto operator()(const auto& x) const { return matmul(x, slope); }
  void visit(auto&& visitor) { visitor("slope", slope); }
};

// Two phases of training, one after the other, as a program has them that may be killed after so
// many steps: by an Error out of its batches, which leaves the files as a kill would.
template <std::size_t Inputs = 3>
struct Program {
  std::string folder;
  CheckpointOptions options{};
  std::size_t kill_after = 1000;
  double learning_rate = 0.1;
  std::size_t step_count = 40;
  Line<Inputs> model{};
  std::vector<double> seen{};  // what its evaluations remember
  std::vector<std::size_t> steps{};

  void phase(const char* name, Checkpoints* checkpoints, MetricsLog& log) {
    AdamW<double> optimizer{model, {.learning_rate = learning_rate}};
    Trainer<AdamW<double>> trainer{model, optimizer, {.lanes = 4, .microbatch = 2, .threads = 1}};
    Tensor<double, dynamic, Inputs> x{8};
    Tensor<double, dynamic, 1> y{8};
    const auto make_batch = [&](std::size_t step) {
      if (steps.size() == kill_after) fail("test", "killed");
      steps.push_back(step);
      Random(5).fork(name, step).normal(x, 0, 1);
      for (std::size_t i = 0; i < 8; ++i) y(i, 0) = 2 * x(i, 0) - x(i, 1);
      return std::size_t{8};
    };
    const auto loss = [&](Tape& tape, std::size_t begin, std::size_t count) {
      return mean_squared_error(model(tape.constant(x.view().rows(begin, count))),
                                y.view().rows(begin, count));
    };
    const auto evaluate = [&](const TrainingState& state) {
      seen.push_back(state.loss);
      return Evaluation{{{"loss_twice", 2 * state.loss}}, state.step != 21};
    };
    trainer.run({.phase = name,
                 .steps = step_count,
                 .evaluate_every = 7,
                 .good_in_a_row = 2,
                 .may_stop_at = 30,
                 .log = &log,
                 .checkpoints = checkpoints,
                 .save_notes = [&] { return std::string(bytes_of(seen)); },
                 .load_notes = [&](std::string_view notes) {
                   seen.resize(notes.size() / sizeof(double));
                   if (!seen.empty()) std::memcpy(seen.data(), notes.data(), notes.size());
                 },
                 .progress = {.display = ProgressDisplay::quiet}},
                make_batch, loss, evaluate);
  }
  static std::string_view bytes_of(const std::vector<double>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
  }

  void run() {
    Checkpoints checkpoints(folder + "checkpoints", options);
    MetricsLog log(folder + "metrics.jsonl");
    phase("first", &checkpoints, log);
    phase("second", &checkpoints, log);
  }
  // Whether it was killed.
  bool dies() {
    try {
      run();
      return false;
    } catch (const Error& problem) {
      if (std::string(problem.what()) != "[test] killed") throw;
      return true;
    }
  }
  std::string metrics() const {
    std::string text = read_file(folder + "metrics.jsonl");
    for (std::size_t at; (at = text.find(",\"tokens_per_second\":")) != std::string::npos;)
      text.erase(at, text.find_first_of(",}", at + 1) - at);
    return text;
  }
};

template <class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const Error& problem) {
    return problem.what();
  }
  return {};
}

// What a function prints to stderr.
template <class Function>
std::string stderr_of(Function&& function) {
  const TemporaryFolder folder;
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO);
  const int file = ::open((folder / "stderr").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDERR_FILENO);
  ::close(file);
  function();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  return read_file(folder / "stderr");
}

void flip_a_bit(const std::string& path) {
  std::string contents = read_file(path);
  contents[contents.size() / 2] ^= 4;
  TemporaryFolder::put(path, contents);
}

}  // namespace

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
  other_format[other_format.find(key) + key.size()] = '2';
  Crc64 crc;
  crc.add(other_format.data(), other_format.size() - 8);
  const std::uint64_t sum = crc.value();
  std::memcpy(other_format.data() + other_format.size() - 8, &sum, 8);
  TemporaryFolder::put(path, other_format);
  CHECK_THAT(message_of([&] { Program<>{folder / "", {.resume = true}}.run(); }),
             ContainsSubstring("checkpoint is 2 in the file and 1 here"));
}

TEST_CASE("a checkpoint of other steps or another learning rate is refused with both values") {
  const TemporaryFolder folder;
  CHECK(Program<>{folder / "", {.every_steps = 3}, 4}.dies());
  const std::string path = folder / "checkpoints/phase-0001-0000000003.safetensors";
  const std::string contents = read_file(path);
  const auto refusal = [&](double learning_rate, std::size_t steps) {
    Program<> other{folder / "", {.resume = true}, 1000, learning_rate, steps};
    const std::string message = message_of([&] { other.run(); });
    CHECK_THAT(message, ContainsSubstring(path));
    CHECK(other.steps.empty());
    CHECK(read_file(path) == contents);
    return message;
  };
  CHECK_THAT(refusal(0.25, 40),
             ContainsSubstring("learning rate is 0.1 in the file and 0.25 here"));
  CHECK_THAT(refusal(0.1, 60), ContainsSubstring("steps is 40 in the file and 60 here"));
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
  CHECK_THAT(open_checkpoint(file).metadata().at("state"),
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
