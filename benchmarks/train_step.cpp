#include <benchmarks/peak.hpp>
#include <benchmarks/recall_start.hpp>

#include <examples/experiment/flops.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

// One training step of a transformer: forward, backward, sum over lanes, clipping and AdamW, all
// positions in the loss. And the forward pass alone, of the same microbatches.
//
//   train_step --benchmark_filter=contextual_recall
//
// peak_fraction holds what a step did against what multiply-adds alone did right before and after
// it, on as many threads; it is the median over the steps, as is ms_per_step.
//
// contextual_recall is the example's pretraining, and loss_at_step_20 what the example writes to
// metrics.jsonl there.

namespace {

using namespace weft;

using benchmarks::Shape;

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
  constexpr int tries = 2;
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

constexpr std::size_t recall_steps = 20;  // batches, which then come again

template <const Shape& shape>
auto start() {
  if constexpr (&shape == &benchmarks::recall_shape)
    return benchmarks::recall_start(0, recall_steps);
  else return benchmarks::random_start<shape.config>(shape.batch);
}

double forward_flops(const Shape& shape) {
  return static_cast<double>(shape.batch) * experiment::forward_flops(shape.config);
}

template <const Shape& shape>
void train_step(benchmark::State& state, int threads) {
  benchmarks::Training<shape.config> training(start<shape>(), threads);
  float loss = 0;
  if (&shape == &benchmarks::recall_shape) {
    while (training.steps() < recall_steps) loss = training.step();
    state.counters["loss_at_step_20"] = static_cast<double>(loss);
  }
  measure(state, threads, shape.batch, shape.config.positions, 3 * forward_flops(shape),
          [&] { training.step(); });
  state.counters["rows_per_microbatch"] = static_cast<double>(training.microbatch());
}

// As many sequences at a time as a training step takes, on no tape.
template <const Shape& shape>
void forward(benchmark::State& state, int threads) {
  benchmarks::Training<shape.config> training(start<shape>(), threads);
  training.step();
  const auto setting = start<shape>();
  measure(state, threads, shape.batch, shape.config.positions, forward_flops(shape), [&] {
    for_each_microbatch(shape.batch, training.microbatch(), threads,
                        [&](std::size_t begin, std::size_t count) {
                          const auto tokens = setting.tokens.view().rows(begin, count);
                          benchmark::DoNotOptimize(setting.model(tokens).data());
                        });
  });
  state.counters["rows_per_microbatch"] = static_cast<double>(training.microbatch());
}

template <const Shape& shape>
void add() {
  using Function = void (*)(benchmark::State&, int);
  const std::pair<const char*, Function> functions[] = {{"train_step/", train_step<shape>},
                                                        {"forward/", forward<shape>}};
  for (const auto& [kind, function] : functions)
    for (const int threads : std::set<int>{1, default_threads()}) {
      const std::string name =
          std::string(kind) + shape.name + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        function(state, threads);
      })->UseManualTime()->Unit(benchmark::kMillisecond);
    }
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::print_machine();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add<benchmarks::recall_shape>();
  add<benchmarks::d128_shape>();
  add<benchmarks::d256_shape>();
  add<benchmarks::complete_d128_shape>();
  add<benchmarks::complete_d256_shape>();
  benchmark::RunSpecifiedBenchmarks();
}
