#include <weft/train/lanes.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/linear.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/mean.hpp>
#include <weft/optim/adamw.hpp>

#include <tests/train/count_allocations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace weft;

namespace {

// Two layers without a nonlinearity between them; the loss has one.
struct Classifier {
  using element_type = float;
  nn::Parameter<float, 5, 33> hidden;
  nn::Parameter<float, 33, 7> output;

  auto operator()(const auto& x) const { return linear(linear(x, hidden), output); }
  void visit(auto&& visitor) {
    visitor("hidden", hidden);
    visitor("output", output);
  }
};

struct Tied {
  nn::Parameter<float, 5, 5> weight;

  void visit(auto&& visitor) {
    visitor("first", weight);
    visitor("second", weight);
  }
};

Classifier make_classifier() {
  Classifier model;
  Random random(7);
  random.normal(model.hidden.value, 0, 0.5);
  random.normal(model.output.value, 0, 0.5);
  return model;
}

struct Samples {
  Tensor<float, dynamic, 5> inputs;
  Tensor<int, dynamic> labels;

  explicit Samples(std::size_t rows) : inputs(rows), labels(rows) {
    Random random(11);
    random.normal(inputs, 0, 1);
    for (int& label : labels) label = static_cast<int>(random.integer(7));
  }
  std::size_t rows() const { return labels.leading(); }
};

auto loss_of(const Classifier& model, const Samples& samples) {
  return [&](Tape& tape, std::size_t begin, std::size_t count) {
    return cross_entropy(model(tape.constant(samples.inputs.view().rows(begin, count))),
                         samples.labels.view().rows(begin, count));
  };
}

// The loss and all gradients, one after the other.
std::vector<float> numbers_of(Lanes& lanes, const Classifier& model, float loss) {
  std::vector<float> numbers{loss};
  for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    const float* gradient = lanes.gradients().collected(parameter.value.data());
    REQUIRE(gradient != nullptr);
    numbers.insert(numbers.end(), gradient, gradient + parameter.value.size());
  });
  return numbers;
}

std::vector<float> one_step(std::size_t rows, LaneOptions options) {
  const Classifier model = make_classifier();
  const Samples samples(rows);
  Lanes lanes(model, options);
  const auto result = lanes.step(rows, loss_of(model, samples));
  return numbers_of(lanes, model, result.loss);
}

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

TEST_CASE("a parameter that no lane used has no gradient") {
  Classifier model = make_classifier();
  const Samples samples(32);
  Lanes lanes(model);
  lanes.step(32, [&](Tape& tape, std::size_t begin, std::size_t count) {
    return mean(matmul(tape.constant(samples.inputs.view().rows(begin, count)), model.hidden));
  });
  CHECK(lanes.gradients().collected(model.hidden.value.data()) != nullptr);
  CHECK(lanes.gradients().collected(model.output.value.data()) == nullptr);
}

TEST_CASE("a parameter that only some lanes used gets their gradients") {
  Classifier model = make_classifier();
  const Samples samples(32);
  const auto input = [&](Tape& tape, std::size_t begin, std::size_t count) {
    return matmul(tape.constant(samples.inputs.view().rows(begin, count)), model.hidden);
  };
  for (const std::size_t only : {0u, 5u, 10u, 31u}) {
    for (const int threads : {1, 3}) {
      Lanes lanes(model, {.microbatch = 1, .threads = threads});
      lanes.step(32, [&](Tape& tape, std::size_t begin, std::size_t count) {
        const auto hidden = input(tape, begin, count);
        return begin == only ? mean(matmul(hidden, model.output)) : mean(hidden);
      });
      const float* found = lanes.gradients().collected(model.output.value.data());
      REQUIRE(found != nullptr);
      // d/d(output(j, k)) of mean_k(hidden output) / 32.
      for (std::size_t j = 0; j < 33; ++j) {
        double h = 0;
        for (std::size_t i = 0; i < 5; ++i)
          h += samples.inputs(only, i) * model.hidden.value(i, j);
        CHECK(std::abs(found[j * 7] - h / 7 / 32) < 1e-6);
      }
    }
  }
}

TEST_CASE("a parameter that two modules share is counted once") {
  Tied model;
  model.weight.value.fill(0.25f);
  const Samples samples(16);
  Lanes lanes(model);
  lanes.step(16, [&](Tape& tape, std::size_t begin, std::size_t count) {
    return mean(matmul(tape.constant(samples.inputs.view().rows(begin, count)), model.weight));
  });
  double expected = 0;
  for (std::size_t row = 0; row < 16; ++row) expected += samples.inputs(row, 2) / 16.0 / 5.0;
  const float* gradient = lanes.gradients().collected(model.weight.value.data());
  REQUIRE(gradient != nullptr);
  CHECK(std::abs(gradient[2 * 5 + 1] - expected) < 1e-6);
}

TEST_CASE("frozen parameters get no gradient until they are unfrozen") {
  Classifier model = make_classifier();
  const Samples samples(32);
  Lanes lanes(model);
  const auto is_hidden = [](std::string_view path) { return path == "hidden"; };
  lanes.freeze(is_hidden);
  lanes.step(32, loss_of(model, samples));
  CHECK(lanes.gradients().collected(model.hidden.value.data()) == nullptr);
  CHECK(lanes.gradients().collected(model.output.value.data()) != nullptr);
  lanes.gradients().clear();
  lanes.freeze(is_hidden, false);
  const auto result = lanes.step(32, loss_of(model, samples));
  CHECK(numbers_of(lanes, model, result.loss) == one_step(32, {}));
  CHECK_THROWS_AS(lanes.freeze([](std::string_view) { return false; }), Error);
}

TEST_CASE("an optimizer's frozen groups are frozen in all lanes") {
  Classifier model = make_classifier();
  const Samples samples(32);
  AdamW optimizer(model, {});
  optimizer.group([](std::string_view path) { return path == "output"; }, {.frozen = true});
  Lanes lanes(model);
  optimizer.freeze_into(lanes);
  lanes.step(32, loss_of(model, samples));
  CHECK(lanes.gradients().collected(model.hidden.value.data()) != nullptr);
  CHECK(lanes.gradients().collected(model.output.value.data()) == nullptr);
  CHECK(optimizer.step(lanes).without_gradient.empty());
}

TEST_CASE("a parameter that lanes or optimizer have frozen is frozen until neither has") {
  Classifier model = make_classifier();
  const Samples samples(32);
  AdamW optimizer(model, {});
  Lanes lanes(model);
  const auto is_hidden = [](std::string_view path) { return path == "hidden"; };
  const auto learns = [&] {
    optimizer.freeze_into(lanes);
    lanes.step(32, loss_of(model, samples));
    const float before = model.hidden.value(0, 0);
    CHECK(optimizer.step(lanes).without_gradient.empty());
    return model.hidden.value(0, 0) != before;
  };
  CHECK(learns());
  lanes.freeze(is_hidden);
  CHECK_FALSE(learns());
  optimizer.group(is_hidden, {.frozen = true});
  CHECK_FALSE(learns());
  lanes.freeze(is_hidden, false);
  CHECK_FALSE(learns());
  optimizer.group(is_hidden, {});
  CHECK(learns());
}

TEST_CASE("a model may be moved after its lanes and optimizer were made") {
  Classifier made = make_classifier();
  const Samples samples(32);
  AdamW optimizer(made, {});
  Lanes lanes(made);
  Classifier model = std::move(made);
  const auto result = lanes.step(32, loss_of(model, samples));
  CHECK(numbers_of(lanes, model, result.loss) == one_step(32, {}));
  CHECK(optimizer.step(lanes).without_gradient.empty());
  CHECK(model.hidden.value(0, 0) != make_classifier().hidden.value(0, 0));
}

TEST_CASE("an exception in a lane reaches the caller, and the lanes work on as before") {
  const Classifier model = make_classifier();
  const Samples samples(64);
  const auto loss = loss_of(model, samples);
  for (const int threads : {1, 2, 7}) {
    Lanes lanes(model, {.microbatch = 2, .threads = threads});
    std::string message;
    try {
      lanes.step(64, [&](Tape& tape, std::size_t begin, std::size_t count) {
        if (begin >= 20) fail("loss", "row " + std::to_string(begin));
        return loss(tape, begin, count);
      });
    } catch (const Error& error) {
      message = error.what();
    }
    CHECK(message == "[loss] row 20");
    CHECK(lanes.gradients().collected(model.hidden.value.data()) == nullptr);
    const auto result = lanes.step(64, loss);
    CHECK(numbers_of(lanes, model, result.loss) == one_step(64, {.microbatch = 2}));
  }
}

TEST_CASE("a loss that is not finite is an error that names the step and the rows") {
  const Classifier model = make_classifier();
  Samples samples(64);
  samples.inputs(41, 0) = std::numeric_limits<float>::quiet_NaN();
  Lanes lanes(model, {.microbatch = 2});
  lanes.set_next_step(12);
  std::string message;
  try {
    lanes.step(64, loss_of(model, samples));
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(message.starts_with("[step] the loss of a microbatch must be finite: nan, step 12, rows 40 "
                            "to 41; first not finite: ["));
  CHECK(lanes.next_step() == 12);
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

TEST_CASE("options that make no sense are refused") {
  const Classifier model = make_classifier();
  const Samples samples(4);
  CHECK_THROWS_AS(Lanes(model, {.lanes = 0}), Error);
  CHECK_THROWS_AS(Lanes(model, {.lanes = 12}), Error);
  CHECK_THROWS_AS(Lanes(model, {.threads = -1}), Error);
  Lanes lanes(model);
  CHECK_THROWS_AS(lanes.step(0, loss_of(model, samples)), Error);
}
