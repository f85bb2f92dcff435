#include <tests/train/lane_steps.hpp>

#include <weft/ops/matmul.hpp>
#include <weft/ops/mean.hpp>
#include <weft/optim/adamw.hpp>

#include <cmath>
#include <utility>

// Which parameters lanes have gradients for: used, shared, frozen, moved.

using namespace weft;
using namespace weft_tests;

namespace {

struct Tied {
  nn::Parameter<float, 5, 5> weight;

  void visit(auto&& visitor) {
    visitor("first", weight);
    visitor("second", weight);
  }
};

}  // namespace

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

TEST_CASE("a parameter outside the model of the lanes gets no gradient, not one lane's part") {
  Classifier model = make_classifier(), other = make_classifier();
  const Samples samples(32);
  AdamW optimizer{other};
  for (const int threads : {1, 3}) {
    Lanes lanes(model, {.microbatch = 1, .threads = threads});
    optimizer.freeze_into(lanes);
    lanes.step(32, [&](Tape& tape, std::size_t begin, std::size_t count) {
      const auto inputs = tape.constant(samples.inputs.view().rows(begin, count));
      return mean(matmul(matmul(inputs, model.hidden), other.output));
    });
    CHECK(lanes.gradients().collected(model.hidden.value.data()) != nullptr);
    CHECK(lanes.gradients().collected(other.output.value.data()) == nullptr);
    CHECK(optimizer.step(lanes).without_gradient.size() == 2);
  }
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
