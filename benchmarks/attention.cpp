#include <weft/ops/attention.hpp>

#include <benchmarks/peak.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

// Causal attention: each phase of one head, then the operation forward, and forward and backward.
//
//   attention --benchmark_filter=24x4x16      positions x heads x width of a head
//
// A row counts the multiply-adds the mask leaves, n (n + 1) / 2 scores of n^2 and their weighted
// sums, so what is computed for nothing above the diagonal and the whole softmax count as time
// without work. The softmax alone counts four operations per score, so that what its exponential
// takes shows as a small fraction of peak.

namespace {

using namespace weft;

double scores_of(std::size_t positions) {
  return 0.5 * static_cast<double>(positions * (positions + 1));
}

// Runs the benchmark; body() does so many operations. The peak is that of right after it, since a
// processor lowers its clock under load.
template <class Body>
void measure(benchmark::State& state, double flops, Body body) {
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) body();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const double speed = flops * static_cast<double>(state.iterations()) / time.count();
  state.counters["GFLOP/s"] = 1e-9 * speed;
  state.counters["peak_fraction"] = speed / benchmarks::peak_flops<float>(1, 2);
}

// Numbers in [-0.5, 0.5].
template <class Elements>
void fill(Elements& elements, std::size_t key) {
  std::size_t i = key;
  for (float& element : elements) element = static_cast<float>(++i * 37 % 101) / 101 - 0.5f;
}

// Memory of one head within rows of all heads, as the operation has it.
struct Head {
  kernels::AttentionHead sizes;
  std::vector<float> q, k, v, z, dz, dq, dk, dv, pattern, dscores;

  Head(std::size_t positions, std::size_t heads, std::size_t width)
      : sizes{positions, positions, width, heads * width,
              kernels::pattern_row<float>(positions), positions, true} {
    for (auto* rows : {&q, &k, &v, &z, &dz, &dq, &dk, &dv}) {
      rows->resize(positions * sizes.row);
      fill(*rows, rows->size());
    }
    pattern.resize(positions * sizes.pattern_row);
    dscores.resize(pattern.size());
    scores();
    softmax();
  }

  kernels::QueryRange all() const { return {0, sizes.queries}; }
  void scores() {
    Scratch scratch;
    const float* queries = kernels::attention_queries(sizes, 0.25f, q.data(), scratch);
    kernels::attention_scores(sizes, all(), queries, k.data(), pattern.data());
  }
  void softmax() { kernels::attention_pattern(sizes, all(), pattern.data()); }
  void values() { kernels::attention_values(sizes, all(), pattern.data(), v.data(), z.data()); }
  void backward() {
    kernels::attention_backward<float>(
        sizes, 0.25f, pattern.data(), dz.data(), {q.data(), dq.data(), Write::store},
        {k.data(), dk.data(), Write::store}, {v.data(), dv.data(), Write::store}, dscores.data());
  }
};

void add_phase(const std::string& name, Head head, double flops, void (Head::*phase)()) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) mutable {
    measure(state, flops, [&] {
      (head.*phase)();
      benchmark::ClobberMemory();
    });
  })->MinTime(0.1);
}

template <std::size_t Positions, std::size_t Heads, std::size_t Width>
void run_operation(benchmark::State& state, bool backward) {
  constexpr std::size_t batch = 4;
  Tensor<float, batch, Positions, Heads * Width> q, k, v;
  for (auto* x : {&q, &k, &v}) fill(*x, x->size());
  const double forward = 2 * 2 * scores_of(Positions) * batch * Heads * Width;
  Tape tape;
  measure(state, backward ? 3 * forward : forward, [&] {
    if (backward) {
      const auto z = attention<Heads>(tape.variable(q), tape.variable(k), tape.variable(v));
      std::fill_n(z.target().data, z.size(), 1.0f);
      tape.backward();
    } else {
      benchmark::DoNotOptimize(attention<Heads>(tape.constant(q), k, v).data());
    }
    tape.reset();
  });
}

template <std::size_t Positions, std::size_t Heads, std::size_t Width>
void add() {
  const std::string shape = std::to_string(Positions) + "x" + std::to_string(Heads) + "x" +
                            std::to_string(Width);
  const Head head(Positions, Heads, Width);
  const double scores = scores_of(Positions), product = 2 * scores * Width;
  add_phase("attention/scores/" + shape, head, product, &Head::scores);
  add_phase("attention/softmax/" + shape, head, 4 * scores, &Head::softmax);
  add_phase("attention/values/" + shape, head, product, &Head::values);
  add_phase("attention/backward/" + shape, head, 4 * product, &Head::backward);
  for (const bool backward : {false, true})
    benchmark::RegisterBenchmark(
        ("attention/" + std::string(backward ? "both/" : "forward/") + shape).c_str(),
        [=](benchmark::State& state) { run_operation<Positions, Heads, Width>(state, backward); })
        ->MinTime(0.1);
}

template <std::size_t Positions>
void add_widths() {
  add<Positions, 4, 16>();
  add<Positions, 4, 32>();
  add<Positions, 4, 64>();
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::print_machine();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_widths<24>();
  add_widths<64>();
  add_widths<128>();
  add_widths<256>();
  add_widths<512>();
  benchmark::RunSpecifiedBenchmarks();
}
