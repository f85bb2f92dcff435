#include <tests/train/count_allocations.hpp>
#include <tests/train/lane_steps.hpp>

#include <weft/ops/matmul.hpp>
#include <weft/ops/mean.hpp>
#include <weft/optim/adamw.hpp>

#include <atomic>
#include <cmath>

using namespace weft;
using namespace weft_tests;

namespace {

// The same in double, on one tape, rows one by one in order.
std::vector<double> reference(std::size_t rows) {
  const Classifier model = make_classifier();
  const Samples samples(rows);
  std::vector<double> numbers(1 + 5 * 33 + 33 * 7);
  for (std::size_t row = 0; row < rows; ++row) {
    double h[33] = {}, y[7] = {}, sum = 0;
    for (std::size_t j = 0; j < 33; ++j)
      for (std::size_t i = 0; i < 5; ++i) h[j] += samples.inputs(row, i) * model.hidden.value(i, j);
    for (std::size_t k = 0; k < 7; ++k)
      for (std::size_t j = 0; j < 33; ++j) y[k] += h[j] * model.output.value(j, k);
    for (const double value : y) sum += std::exp(value);
    const auto label = static_cast<std::size_t>(samples.labels(row));
    const double scale = 1 / static_cast<double>(rows);
    numbers[0] += (std::log(sum) - y[label]) * scale;
    for (std::size_t k = 0; k < 7; ++k) {
      const double dy = (std::exp(y[k]) / sum - (k == label ? 1 : 0)) * scale;
      for (std::size_t j = 0; j < 33; ++j) {
        numbers[1 + 5 * 33 + j * 7 + k] += h[j] * dy;
        for (std::size_t i = 0; i < 5; ++i)
          numbers[1 + i * 33 + j] += samples.inputs(row, i) * dy * model.output.value(j, k);
      }
    }
  }
  return numbers;
}

void check_close(const std::vector<float>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::abs(found[i] - expected[i]));
  CHECK(worst < 1e-5);
}

}  // namespace

TEST_CASE("lanes give the mean loss of a batch and its gradients") {
  for (const std::size_t rows : {1u, 3u, 15u, 16u, 17u, 100u, 128u}) {
    for (const std::size_t microbatch : {0u, 1u, 2u, 3u, 1000u}) {
      CAPTURE(rows, microbatch);
      check_close(one_step(rows, {.microbatch = microbatch}), reference(rows));
    }
  }
}

TEST_CASE("with ignored targets unevenly spread, weights give the mean of the batch") {
  const Classifier model = make_classifier();
  Samples samples(40);
  for (std::size_t row = 0; row < 40; ++row)
    if (row < 7 || row % 3 == 0) samples.labels(row) = -1;
  Tape tape;
  const auto whole = loss_of(model, samples)(tape, 0, 40);
  tape.backward(whole);
  for (const std::size_t microbatch : {1u, 2u, 3u, 5u, 1000u}) {
    for (const std::size_t lanes_count : {1u, 4u, 16u}) {
      CAPTURE(microbatch, lanes_count);
      Lanes lanes(model, {.lanes = lanes_count, .microbatch = microbatch});
      const float loss =
          lanes.step(40, loss_of(model, samples), [&](std::size_t begin, std::size_t count) {
            return counted_targets(samples.labels.view().rows(begin, count));
          }).loss;
      CHECK(std::abs(loss - whole.item()) < 1e-6f);
      for_each_parameter(model, [&](const std::string&, const auto& parameter) {
        const float* expected = tape.gradients().collected(parameter.value.data());
        const float* found = lanes.gradients().collected(parameter.value.data());
        REQUIRE(found != nullptr);
        float worst = 0;
        for (std::size_t i = 0; i < parameter.value.size(); ++i)
          worst = std::max(worst, std::abs(found[i] - expected[i]));
        CHECK(worst < 1e-6f);
      });
    }
  }
  samples.labels.fill(-1);
  Lanes lanes(model);
  const auto nothing = [](std::size_t, std::size_t) { return 0; };
  CHECK_THROWS_AS(lanes.step(40, loss_of(model, samples), nothing), Error);
}

TEST_CASE("any number of lanes gives the same mean within rounding") {
  for (const std::size_t lanes : {1u, 2u, 4u, 64u})
    check_close(one_step(50, {.lanes = lanes, .microbatch = 2}), reference(50));
}

TEST_CASE("lanes give the same bits for any number of threads") {
  for (const std::size_t rows : {5u, 37u, 128u}) {
    const auto expected = one_step(rows, {.microbatch = 3, .threads = 1});
    for (const int threads : {2, 3, 7, 16, 40}) {
      CAPTURE(rows, threads);
      CHECK(one_step(rows, {.microbatch = 3, .threads = threads}) == expected);
    }
  }
}

TEST_CASE("training with lanes gives the same bits for any number of threads") {
  const Samples samples(60);
  const auto train = [&](int threads) {
    Classifier model = make_classifier();
    AdamW optimizer(model, {.learning_rate = 1e-2, .clip_norm = 1});
    Lanes lanes(model, {.threads = threads});
    for (int step = 0; step < 20; ++step) {
      lanes.step(samples.rows(), loss_of(model, samples));
      optimizer.step(lanes);
    }
    return std::vector<float>(model.output.value.begin(), model.output.value.end());
  };
  const auto expected = train(1);
  const Classifier untrained = make_classifier();
  CHECK(expected[0] != untrained.output.value(0, 0));
  for (const int threads : {2, 3, 7}) CHECK(train(threads) == expected);
}

TEST_CASE("every row is in one microbatch, and microbatches keep to their size") {
  const Classifier model = make_classifier();
  const Samples samples(75);
  for (const int threads : {1, 3}) {
    Lanes lanes(model, {.lanes = 8, .microbatch = 4, .threads = threads});
    std::vector<std::atomic<int>> seen(75);
    std::atomic<std::size_t> largest{0}, microbatches{0};
    const auto loss = loss_of(model, samples);
    lanes.step(75, [&](Tape& tape, std::size_t begin, std::size_t count) {
      for (std::size_t row = begin; row < begin + count; ++row) ++seen.at(row);
      std::size_t old = largest;
      while (old < count && !largest.compare_exchange_weak(old, count)) continue;
      ++microbatches;
      return loss(tape, begin, count);
    });
    for (const auto& times : seen) CHECK(times == 1);
    CHECK(largest == 4);
    CHECK(microbatches >= (75 + 3) / 4);
    CHECK(lanes.microbatch() == 4);
  }
}

TEST_CASE("the size of a microbatch that is left open depends on shapes, not on threads") {
  const Classifier model = make_classifier();
  const Samples samples(40);
  std::vector<std::size_t> sizes;
  for (const int threads : {1, 2, 5}) {
    Lanes lanes(model, {.threads = threads});
    CHECK(lanes.microbatch() == 0);
    lanes.step(40, loss_of(model, samples));
    sizes.push_back(lanes.microbatch());
  }
  CHECK(sizes[0] >= 1);
  CHECK(sizes[1] == sizes[0]);
  CHECK(sizes[2] == sizes[0]);
}

TEST_CASE("a sample too large for the cache is a microbatch of its own") {
  const Classifier model = make_classifier();
  const Samples samples(4);
  const Tensor<float, 1, 400000> large;
  Lanes lanes(model, {.lanes = 1});
  lanes.step(4, [&](Tape& tape, std::size_t begin, std::size_t count) {
    tape.variable(large);  // takes 1.6 MB of the tape
    return loss_of(model, samples)(tape, begin, count);
  });
  CHECK(lanes.microbatch() == 1);
}

TEST_CASE("a step works with the weights as they are then, not with those packed before") {
  Classifier model = make_classifier();
  const Samples samples(40);
  Lanes lanes(model, {.threads = 2});
  lanes.step(samples.rows(), loss_of(model, samples));
  for (float& weight : model.output.value) weight *= 2;
  model.hidden.value(0, 0) = 5;
  lanes.gradients().clear();
  const float loss = lanes.step(samples.rows(), loss_of(model, samples)).loss;

  Lanes fresh(model, {.threads = 1});
  const float expected = fresh.step(samples.rows(), loss_of(model, samples)).loss;
  CHECK(numbers_of(lanes, model, loss) == numbers_of(fresh, model, expected));
}

TEST_CASE("gradients of several steps add up until they are cleared") {
  const Classifier model = make_classifier();
  const Samples samples(32);
  Lanes lanes(model);
  auto result = lanes.step(32, loss_of(model, samples));
  const auto once = numbers_of(lanes, model, result.loss);
  result = lanes.step(32, loss_of(model, samples));
  const auto twice = numbers_of(lanes, model, result.loss);
  CHECK(twice[0] == once[0]);
  for (std::size_t i = 1; i < once.size(); ++i)
    REQUIRE(std::abs(twice[i] - 2 * once[i]) <= 1e-6f);
  lanes.gradients().clear();
  result = lanes.step(32, loss_of(model, samples));
  CHECK(numbers_of(lanes, model, result.loss) == once);
}

TEST_CASE("gradients that were reserved take no more memory when they are first used") {
  const Tensor<float, 300, 500> first, second;
  Gradients gradients;
  gradients.reserve(2, (first.size() + second.size()) * sizeof(float));
  const std::size_t allocations = count_allocations([&] {
    gradients.slot(first.data(), first.size());
    gradients.slot(second.data(), second.size());
  });
  CHECK(allocations <= 2);  // for the list of them
}

TEST_CASE("a microbatch draws from a key of the step and its rows, whatever the thread") {
  const Classifier model = make_classifier();
  const Samples samples(32);
  const auto loss = loss_of(model, samples);
  const auto draws = [&](int threads, std::uint64_t seed, std::size_t first_step) {
    std::vector<std::uint32_t> bits(32);
    Lanes lanes(model, {.microbatch = 2, .threads = threads, .random = Random(seed)});
    lanes.set_next_step(first_step);
    lanes.step(32, [&](Tape& tape, std::size_t begin, std::size_t count) {
      CHECK(tape.mode == Mode::train);
      Random random = tape.random;
      bits[begin] = random.bits();
      return loss(tape, begin, count);
    });
    return bits;
  };
  const auto expected = draws(1, 3, 0);
  CHECK(expected[0] != expected[2]);
  CHECK(draws(3, 3, 0) == expected);
  CHECK(draws(1, 3, 1) != expected);
  CHECK(draws(1, 4, 0) != expected);
}

TEST_CASE("nothing is allocated on any thread from the second training step on") {
  const Samples samples(70);
  for (const int threads : {1, 2, 3, 7}) {
    Classifier model = make_classifier();
    AdamW optimizer(model, {.clip_norm = 1});
    Lanes lanes(model, {.threads = threads});
    const auto loss = loss_of(model, samples);
    const auto step = [&] {
      lanes.step(samples.rows(), loss);
      optimizer.step(lanes);
    };
    const std::size_t first = count_allocations(step);
    const std::size_t later = count_allocations([&] {
      for (int repeat = 0; repeat < 50; ++repeat) step();
    });
    CAPTURE(threads, counts_malloc);
    CHECK(first > 0);
    CHECK(later == 0);
  }
}
