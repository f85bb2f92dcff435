#pragma once

#include <weft/nn/parameter.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <tests/io/temporary_folder.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

// A program that may be killed and resumed, and what its tests ask of it.
namespace weft_tests {

using namespace weft;

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
  double weight_decay = 0.01;

  void phase(const char* name, Checkpoints* checkpoints, MetricsLog& log) {
    AdamW<double> optimizer{model, {.learning_rate = learning_rate, .weight_decay = weight_decay}};
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

inline void flip_a_bit(const std::string& path) {
  std::string contents = read_file(path);
  contents[contents.size() / 2] ^= 4;
  TemporaryFolder::put(path, contents);
}

}  // namespace weft_tests
