#include <tests/train/lane_steps.hpp>

#include <weft/ops/mean.hpp>

#include <cmath>
#include <limits>

// What lanes do where a step cannot be made.

using namespace weft;
using namespace weft_tests;

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

TEST_CASE("a batch without rows, or with weights that no sum has, leaves no gradient behind") {
  const Classifier model = make_classifier();
  const Samples samples(8);
  Lanes lanes(model, {.lanes = 4, .microbatch = 1});
  const auto loss = loss_of(model, samples);
  const auto refuses = [&](std::size_t rows, auto weight) {
    lanes.step(8, loss);
    CHECK_THROWS_AS(lanes.step(rows, loss, weight), Error);
    CHECK(lanes.gradients().collected(model.hidden.value.data()) == nullptr);
  };
  const auto of_parts = [](double of_first) {
    return [=](std::size_t begin, std::size_t count) {
      return count == 1 && begin == 0 ? of_first : static_cast<double>(count);
    };
  };
  refuses(0, of_parts(1));
  refuses(8, [](std::size_t, std::size_t) { return 0.0; });
  refuses(8, of_parts(-1));
  refuses(8, of_parts(NAN));
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
