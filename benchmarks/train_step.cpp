#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <benchmarks/peak.hpp>
#include <examples/contextual_recall/model.hpp>
#include <examples/contextual_recall/task.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

// One training step of a transformer: forward, backward, sum over lanes, clipping and AdamW, all
// positions in the loss. And the forward pass alone, of the same microbatches.
//
//   train_step --benchmark_filter=contextual_recall
//
// peak_fraction holds what a step did against what multiply-adds alone did right before and after
// it, on as many threads; it is the median over the steps, as is ms_per_step.

namespace {

using namespace weft;

using contextual_recall::attention_only;
using contextual_recall::forward_flops;

// With layer norm, an MLP (4 x GELU) and biases.
constexpr nn::TransformerConfig complete(nn::TransformerConfig config) {
  config.mlp = config.norm = config.bias = true;
  return config;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Times step(), which does so many operations on so many sequences.
template <class Step>
void measure(benchmark::State& state, int threads, std::size_t sequences, std::size_t positions,
             double flops, Step step) {
  for (int warm_up = 0; warm_up < 3; ++warm_up) step();
  constexpr int tries = 6;
  std::vector<double> seconds, fractions;
  double peak_before = benchmarks::peak_flops<float>(threads, tries);
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    step();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    const double peak_after = benchmarks::peak_flops<float>(threads, tries);
    state.SetIterationTime(time.count());
    seconds.push_back(time.count());
    fractions.push_back(flops / time.count() / (0.5 * (peak_before + peak_after)));
    peak_before = peak_after;
  }
  const double middle = median(seconds);
  state.counters["ms_per_step"] = 1e3 * middle;
  state.counters["tokens_per_second"] = static_cast<double>(sequences * positions) / middle;
  state.counters["GFLOP/s"] = 1e-9 * flops / middle;
  state.counters["peak_fraction"] = median(fractions);
}

template <nn::TransformerConfig Config>
struct Setting {
  using Model = nn::Transformer<Config>;
  std::size_t batch;
  Tensor<int, dynamic, Config.positions> tokens, targets;
  Model model;

  explicit Setting(std::size_t sequences)
      : batch(sequences),
        tokens(sequences),
        targets(sequences),
        model(init<Model>(Random(1).fork("model"))) {
    Random random(1);
    for (int& token : tokens) token = static_cast<int>(random.integer(Config.vocabulary));
    for (int& target : targets) target = static_cast<int>(random.integer(Config.vocabulary));
  }

  auto loss(Tape& tape, std::size_t begin, std::size_t count) const {
    return cross_entropy(model(tape.constant(tokens.view().rows(begin, count))),
                         targets.view().rows(begin, count));
  }
  double flops() const { return static_cast<double>(batch) * forward_flops(Config); }
};

template <nn::TransformerConfig Config>
void train_step(benchmark::State& state, std::size_t batch, int threads) {
  Setting<Config> setting(batch);
  AdamW optimizer{setting.model, {.learning_rate = 1e-3, .clip_norm = 1}};
  Lanes lanes{setting.model, {.threads = threads}};
  measure(state, threads, batch, Config.positions, 3 * setting.flops(), [&] {
    lanes.step(batch, [&](Tape& tape, std::size_t begin, std::size_t count) {
      return setting.loss(tape, begin, count);
    });
    optimizer.step(lanes);
  });
  state.counters["rows_per_microbatch"] = static_cast<double>(lanes.microbatch());
}

template <nn::TransformerConfig Config>
void forward(benchmark::State& state, std::size_t batch, int threads) {
  const Setting<Config> setting(batch);
  std::vector<Tape> tapes(static_cast<std::size_t>(threads));
  measure(state, threads, batch, Config.positions, setting.flops(), [&] {
    parallel_for(batch, threads, [&](std::size_t row, int thread) {
      Tape& tape = tapes[static_cast<std::size_t>(thread)];
      benchmark::DoNotOptimize(
          setting.model(tape.constant(setting.tokens.view().rows(row, 1))).data());
      tape.reset();
    });
  });
}

template <nn::TransformerConfig Config>
void add(const std::string& shape, std::size_t batch) {
  using Function = void (*)(benchmark::State&, std::size_t, int);
  const std::pair<const char*, Function> functions[] = {{"train_step/", train_step<Config>},
                                                        {"forward/", forward<Config>}};
  for (const auto& [kind, function] : functions)
    for (const int threads : std::set<int>{1, default_threads()}) {
      const std::string name = kind + shape + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        function(state, batch, threads);
      })->UseManualTime()->Unit(benchmark::kMillisecond);
    }
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::print_machine();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  constexpr contextual_recall::WorldSize world{};  // as in the example's preset default
  constexpr auto recall = attention_only({.vocabulary = world.vocabulary(),
                                          .positions = world.positions(),
                                          .width = 64,
                                          .heads = 4,
                                          .layers = 2});
  constexpr auto d128 = attention_only(
      {.vocabulary = 512, .positions = 64, .width = 128, .heads = 4, .layers = 2});
  constexpr auto d256 = attention_only(
      {.vocabulary = 512, .positions = 128, .width = 256, .heads = 8, .layers = 4});
  add<recall>("contextual_recall", 128);
  add<d128>("d128", 64);
  add<d256>("d256", 32);
  add<complete(d128)>("d128_mlp_norm_bias", 64);
  add<complete(d256)>("d256_mlp_norm_bias", 32);
  benchmark::RunSpecifiedBenchmarks();
}
