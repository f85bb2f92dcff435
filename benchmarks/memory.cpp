#include <benchmarks/peak.hpp>
#include <benchmarks/training.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>

#include <malloc.h>
#include <unistd.h>

// What training holds in memory, counted and by formula, and whether that grows over 10,000 steps.
//
//   memory
//
// Counted is what operator new hands out on all threads; weft takes its memory in no other way.

namespace {

std::atomic<std::size_t> bytes_in_use{0};

void* counted(void* memory) {
  if (!memory) throw std::bad_alloc();
  bytes_in_use += ::malloc_usable_size(memory);
  return memory;
}

void release(void* memory) {
  bytes_in_use -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(step, (bytes + step - 1) / step * step));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace {

using namespace weft;
using benchmarks::Shape;

double number(std::size_t value) { return static_cast<double>(value); }

// Bytes that are in use after function() and were not before.
template <class Function>
double growth(Function&& function) {
  const std::size_t before = bytes_in_use;
  function();
  return number(bytes_in_use) - number(before);
}

// The formulas: bytes for float.
struct Formula {
  double packed;  // all parameters, each thread
  double token;   // of a microbatch, each thread

  explicit Formula(const nn::TransformerConfig& config) {
    const double d = number(config.width), layers = number(config.layers);
    const double vocabulary = number(config.vocabulary), hidden = number(config.hidden());
    const double norms = layers * (config.mlp ? 2 : 1) + 1;
    const double pattern = number(config.heads * kernels::pattern_row<float>(config.positions));

    // Weights of products twice, as they are and transposed.
    const double attention = 4 * d * d, mlp = config.mlp ? 2 * d * hidden : 0;
    packed = 4 * 2 * (layers * (attention + mlp) + d * vocabulary);

    double forward = 2 * d;                                     // embedding, with positions
    forward += layers * ((config.bias ? 6 : 5) * d + pattern);  // q, k, v, z, (output,) sum
    if (config.mlp) forward += layers * (2 * hidden + 2 * d);   // around GELU, output, sum
    if (config.norm) forward += norms * (d + 2);                // result, mean, deviation
    forward += vocabulary + 3;                                  // logits; their softmax, target

    // Memory of gradients is used again, by others of their size, as soon as they were passed on.
    double backward = 5 * d + (config.mlp ? 2 * hidden : 0);
    if (!config.mlp || hidden != vocabulary) backward += vocabulary;
    token = 4 * (forward + backward);
  }
};

// Bytes that a microbatch takes: on a tape, and in packed weights.
struct Microbatch {
  double tape, packed;
};

template <nn::TransformerConfig Config>
Microbatch run_microbatch(const benchmarks::Start<Config>& start, std::size_t rows) {
  Tape tape;
  tape.recycles_gradients = true;
  double used = 0;
  const auto pass = [&](ParameterCache* cache) {
    tape.parameter_cache = cache;
    const auto loss = cross_entropy(start.model(tape.constant(start.tokens.view().rows(0, rows))),
                                    start.targets.view().rows(0, rows));
    tape.backward(loss);
    used = number(tape.arena().mark().used);
    tape.reset();
  };
  pass(nullptr);  // after it the tape's memory is one piece
  pass(nullptr);
  ParameterCache cache;
  const double packed = growth([&] { pass(&cache); });
  return {used, packed};
}

// Bytes of what a training holds.
struct Held {
  double weights, moments, gradients;
  double working;  // tapes and packed weights, after some steps
  std::size_t microbatch;

  double all() const { return weights + moments + gradients + working; }
};

template <nn::TransformerConfig Config>
Held train(const benchmarks::Start<Config>& start, int threads) {
  using Model = nn::Transformer<Config>;
  std::optional<Model> model;
  std::optional<AdamW<float>> optimizer;
  std::optional<Lanes> lanes;
  Held held{};
  held.weights = growth([&] { model.emplace(init<Model>(Random(1))); });
  held.moments = growth([&] { optimizer.emplace(*model); });
  held.gradients = growth([&] { lanes.emplace(*model, LaneOptions{.threads = threads}); });
  held.working = growth([&] {
    for (int step = 0; step < 3; ++step) {
      lanes->step(start.batch, [&](Tape& tape, std::size_t begin, std::size_t count) {
        return cross_entropy((*model)(tape.constant(start.tokens.view().rows(begin, count))),
                             start.targets.view().rows(begin, count));
      });
      optimizer->step(*lanes);
    }
  });
  held.microbatch = lanes->microbatch();
  return held;
}

template <const Shape& shape>
void print_row() {
  const auto start = benchmarks::random_start<shape.config>(shape.batch);
  const Held one = train(start, 1), two = train(start, 2);
  const Microbatch microbatch = run_microbatch(start, one.microbatch);
  const Formula formula(shape.config);
  double parameters = 0;
  for_each_parameter(start.model, [&](const std::string&, const auto& parameter) {
    parameters += number(parameter.value.size());
  });
  const double tokens = number(one.microbatch * shape.config.positions);
  const auto predicted = [&](int threads) {
    return parameters * 4 * (1 + 2 + number(LaneOptions{}.lanes)) +
           threads * (formula.packed + tokens * formula.token);
  };
  constexpr double mebibyte = 1 << 20;
  std::printf("| %s | %.0f | %.1f | %.1f | %.1f | %.1f (%.1f) | %.0f | %.0f (%.0f) | %.0f | "
              "%.1f (%.1f) | %.1f (%.1f) |\n",
              shape.name, parameters, one.weights / parameters, one.moments / parameters,
              one.gradients / parameters, microbatch.packed / parameters,
              formula.packed / parameters, tokens, microbatch.tape / tokens, formula.token,
              2 * microbatch.tape / number(shape.batch * shape.config.positions),
              one.all() / mebibyte, predicted(1) / mebibyte, two.all() / mebibyte,
              predicted(2) / mebibyte);
}

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

constexpr Shape tiny{"tiny", contextual_recall::attention_only({.vocabulary = 16,
                                                               .positions = 8,
                                                               .width = 8,
                                                               .heads = 2,
                                                               .layers = 1}),
                     32};

void print_steps() {
  benchmarks::Training<tiny.config> training(benchmarks::random_start<tiny.config>(tiny.batch),
                                             default_threads());
  std::printf("| step | KiB counted | KiB resident |\n|---|---|---|\n");
  for (const std::size_t step : {10u, 100u, 1000u, 10000u}) {
    while (training.steps() < step) training.step();
    std::printf("| %zu | %zu | %zu |\n", step, bytes_in_use / 1024, resident_bytes() / 1024);
  }
}

}  // namespace

int main() {
  benchmarks::print_machine();
  print_steps();
  std::printf("\n| shape | parameters | weights | moments | gradients | packed, a thread | "
              "tokens of a microbatch | tape, a token of it | tapes of 2 threads, a token of the "
              "batch | MiB, 1 thread | MiB, 2 threads |\n"
              "|---|---|---|---|---|---|---|---|---|---|---|\n");
  print_row<benchmarks::recall_shape>();
  print_row<benchmarks::d128_shape>();
  print_row<benchmarks::d256_shape>();
  print_row<benchmarks::complete_d128_shape>();
  print_row<benchmarks::complete_d256_shape>();
}
