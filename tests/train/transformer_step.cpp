#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <tests/train/count_allocations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace weft;

namespace {

// Everything that a transformer can have, in small.
using Model = nn::Transformer<nn::TransformerConfig{
    .vocabulary = 19, .positions = 11, .width = 20, .heads = 2, .layers = 2}>;

struct Training {
  std::size_t rows;
  Model model = init<Model>(Random(3));
  AdamW<float> optimizer{model, {.learning_rate = 1e-2, .clip_norm = 1}};
  Lanes lanes;
  Tensor<int, dynamic, 11> tokens{rows}, targets{rows};

  explicit Training(const LaneOptions& options, std::size_t count = 45)
      : rows(count), lanes(model, options) {
    Random random(4);
    for (int& token : tokens) token = static_cast<int>(random.integer(19));
    for (int& target : targets) target = static_cast<int>(random.integer(19));
  }

  float step() {
    const auto result =
        lanes.step(rows, [&](Tape& tape, std::size_t begin, std::size_t count) {
          return cross_entropy(model(tape.constant(tokens.view().rows(begin, count))),
                               targets.view().rows(begin, count));
        });
    optimizer.step(lanes);
    return result.loss;
  }

  std::vector<float> weights() {
    std::vector<float> all;
    for_each_parameter(model, [&](const std::string&, const auto& parameter) {
      all.insert(all.end(), parameter.value.begin(), parameter.value.end());
    });
    return all;
  }
};

// Memory of this process that is in RAM, in bytes; 0 where the system does not tell.
std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("a transformer trains to the same bits with any number of threads") {
  const auto train = [](int threads) {
    Training training({.microbatch = 2, .threads = threads});
    float first = 0, last = 0;
    for (int step = 0; step < 8; ++step) {
      last = training.step();
      if (step == 0) first = last;
    }
    CHECK(last < 0.95f * first);
    return training.weights();
  };
  const auto expected = train(1);
  for (const int threads : {2, 3, 7}) {
    CAPTURE(threads);
    CHECK((train(threads) == expected));
  }
}

TEST_CASE("training a transformer allocates nothing on any thread from the second step on") {
  for (const int threads : {1, 2, 3}) {
    Training training({.threads = threads});
    CHECK(count_allocations([&] { training.step(); }) > 0);
    CAPTURE(threads, counts_malloc);
    CHECK(count_allocations([&] {
            for (int step = 0; step < 6; ++step) training.step();
          }) == 0);
  }
}

TEST_CASE("the memory of a training process is flat over its steps") {
  // On two threads, and for long on one, which does not wait for others on a busy machine.
  for (const auto& [threads, steps] : {std::pair{2, 50}, std::pair{1, 10000}}) {
    Training training({.lanes = 2, .threads = threads}, 2);
    for (int step = 0; step < 5; ++step) training.step();
    const std::size_t before = resident_bytes();
    const std::size_t allocations = count_allocations([&] {
      for (int step = 5; step < steps; ++step) training.step();
    });
    const std::size_t after = resident_bytes();
    CAPTURE(threads, before, after);
    CHECK(allocations == 0);
    CHECK(after < before + 512 * 1024);
  }
}
