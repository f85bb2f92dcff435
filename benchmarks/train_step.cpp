#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <benchmarks/peak.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

// One training step of a transformer with attention only: forward, backward, sum over lanes,
// clipping and AdamW, all positions in the loss.
//
//   train_step --benchmark_filter=contextual_recall

namespace {

using namespace weft;

constexpr nn::TransformerConfig attention_only(std::size_t vocabulary, std::size_t positions,
                                               std::size_t width) {
  return {.vocabulary = vocabulary,
          .positions = positions,
          .width = width,
          .heads = 4,
          .layers = 2,
          .mlp = false,
          .norm = false,
          .bias = false};
}

// Floating-point operations of a step on one sequence: those of the forward pass's products, where
// a multiply-add is two and attention is its causal half, and twice as many for the backward pass.
constexpr double flops_per_sequence(const nn::TransformerConfig& config) {
  const auto n = static_cast<double>(config.positions), d = static_cast<double>(config.width);
  const double projections = 4 * 2 * n * d * d;         // query, key, value and output
  const double attention = 2 * 2 * (n * (n + 1) / 2) * d;  // scores, values
  const double unembedding = 2 * n * d * static_cast<double>(config.vocabulary);
  return 3 * (static_cast<double>(config.layers) * (projections + attention) + unembedding);
}

template <nn::TransformerConfig Config>
void train_step(benchmark::State& state, std::size_t batch, int threads) {
  using Model = nn::Transformer<Config>;
  Tensor<int, dynamic, Config.positions> tokens(batch), targets(batch);
  Random random(1);
  for (int& token : tokens) token = static_cast<int>(random.integer(Config.vocabulary));
  for (int& target : targets) target = static_cast<int>(random.integer(Config.vocabulary));

  Model model = init<Model>(random.fork("model"));
  AdamW optimizer{model, {.learning_rate = 1e-3, .clip_norm = 1}};
  Lanes lanes{model, {.threads = threads}};
  const auto loss = [&](Tape& tape, std::size_t begin, std::size_t count) {
    return cross_entropy(model(tape.constant(tokens.view().rows(begin, count))),
                         targets.view().rows(begin, count));
  };
  const auto step = [&] {
    lanes.step(batch, loss);
    optimizer.step(lanes);
  };
  for (int warm_up = 0; warm_up < 3; ++warm_up) step();

  const double peak = benchmarks::peak_flops<float>(threads);
  std::vector<double> times;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    step();
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  // The median, since other programs on the machine disturb some of the steps.
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  const double seconds = *middle;

  const auto sequences = static_cast<double>(batch);
  const double flops_per_second = sequences * flops_per_sequence(Config) / seconds;
  state.counters["ms_per_step"] = 1e3 * seconds;
  state.counters["tokens_per_second"] = sequences * static_cast<double>(Config.positions) / seconds;
  state.counters["GFLOP/s"] = 1e-9 * flops_per_second;
  state.counters["peak_fraction"] = flops_per_second / peak;
  state.counters["rows_per_microbatch"] = static_cast<double>(lanes.microbatch());
}

template <nn::TransformerConfig Config>
void add(const std::string& shape, std::size_t batch) {
  for (const int threads : std::set<int>{1, default_threads()}) {
    const std::string name = "train_step/" + shape + "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
      train_step<Config>(state, batch, threads);
    })->UseRealTime()->Unit(benchmark::kMillisecond);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::print_machine();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add<attention_only(118, 24, 64)>("contextual_recall", 128);
  add<attention_only(512, 64, 128)>("d128", 64);
  benchmark::RunSpecifiedBenchmarks();
}
