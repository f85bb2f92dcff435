// All that runs on several threads, for ThreadSanitizer: parallel_for, lanes with their tapes,
// caches and sums, failures in lanes, evaluation in pieces, and phases side by side that resume
// from checkpoints. Returns 0 if the numbers are those of one thread.

#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

using namespace weft;

namespace {

constexpr nn::TransformerConfig config{
    .vocabulary = 11, .positions = 5, .width = 16, .heads = 2, .layers = 2};
using Model = nn::Transformer<config>;
constexpr std::size_t rows = 24;

struct Tokens {
  Tensor<int, dynamic, config.positions> inputs{rows}, targets{rows};

  void draw(std::size_t step) {
    Random random = Random(3).fork(step);
    for (int& token : inputs) token = static_cast<int>(random.integer(11));
    for (int& token : targets) token = static_cast<int>(random.integer(11));
  }
};

// Losses of some steps, and the logits after them.
std::vector<float> train(int threads) {
  Model model = init<Model>(Random(1));
  AdamW optimizer{model, {.learning_rate = 1e-2, .clip_norm = 1}};
  Trainer trainer{model, optimizer, {.lanes = 8, .microbatch = 2, .threads = threads}};
  Tokens tokens;
  const auto make_batch = [&](std::size_t step) {
    tokens.draw(step);
    return rows;
  };
  bool fails = false;
  const auto loss = [&](Tape& tape, std::size_t begin, std::size_t count) {
    if (fails && begin > 0) fail("threads", "as it should");
    const auto logits = model(tape.constant(tokens.inputs.view().rows(begin, count)));
    return cross_entropy(logits, tokens.targets.view().rows(begin, count));
  };
  std::vector<float> numbers;
  const auto evaluate = [&](const TrainingState& state) {
    numbers.push_back(static_cast<float>(state.loss));
    std::vector<float> logits(rows);
    for_each_microbatch(rows, 2, threads, [&](std::size_t begin, std::size_t count) {
      const auto values = model(tokens.inputs.view().rows(begin, count));
      for (std::size_t row = 0; row < count; ++row) logits[begin + row] = values(row, 0, 0);
    });
    numbers.insert(numbers.end(), logits.begin(), logits.end());
    return Evaluation{};
  };
  const TrainOptions options{
      .steps = 6, .evaluate_every = 2, .progress = {.display = ProgressDisplay::quiet}};
  trainer.run(options, make_batch, loss, evaluate);
  fails = true;
  try {
    trainer.lanes().step(rows, loss);
    numbers.push_back(std::numeric_limits<float>::quiet_NaN());
  } catch (const Error&) {
    fails = false;
  }
  numbers.push_back(trainer.lanes().step(rows, loss).loss);
  return numbers;
}

// Writes checkpoints of phases side by side; the steps that they go on from.
constexpr std::size_t phases = 6;
std::vector<std::size_t> save_phases(int threads, bool resume, std::size_t last_step) {
  Checkpoints checkpoints("checkpoints", {.resume = resume});
  const std::size_t first = checkpoints.reserve(phases);
  std::vector<std::size_t> begun(phases);
  parallel_for(phases, threads, [&](std::size_t i, int) {
    Model model = init<Model>(Random(i));
    CheckpointedPhase phase{.name = std::to_string(i),
                            .model = parameters_of(model),
                            .optimizer = {},
                            .number = first + i};
    detail::LoopState state;
    checkpoints.begin(phase, state);
    begun[i] = state.training.step;
    while (state.training.step++ < last_step) checkpoints.save(phase, state);
  });
  return begun;
}

// The same, where every second phase finds its last checkpoint damaged.
std::vector<std::size_t> resume_phases(int threads) {
  std::filesystem::remove_all("checkpoints");
  save_phases(threads, false, 3);
  for (std::size_t phase = 1; phase <= phases; phase += 2) {
    const std::string name = "checkpoints/phase-000" + std::to_string(phase);
    std::FILE* file = std::fopen((name + "-0000000003.safetensors").c_str(), "r+b");
    std::fputs("damaged", file);
    std::fclose(file);
  }
  return save_phases(threads, true, 5);
}

}  // namespace

int main() {
  const std::vector<float> alone = train(1);
  const std::vector<std::size_t> resumed_alone = resume_phases(1);
  bool same = resumed_alone == std::vector<std::size_t>{2, 3, 2, 3, 2, 3};
  for (const int threads : {2, 3, 4}) {
    same = same && train(threads) == alone;
    same = same && resume_phases(threads) == resumed_alone;
  }
  std::puts(same ? "no race, and the numbers of one thread" : "numbers differ");
  return same ? 0 : 1;
}
