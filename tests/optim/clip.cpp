#include <weft/optim/clip.hpp>
#include <weft/optim/sgd.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/optim/model.hpp>

using namespace weft;
using namespace weft_tests;

TEST_CASE("gradients within the limit are left alone, and so are all without one") {
  CHECK(clip_factor(0.9, 1) == 1);
  CHECK(clip_factor(0, 1) == 1);
  CHECK(clip_factor(100, 0) == 1);
}

TEST_CASE("gradients beyond the limit are brought to it") {
  CHECK(clip_factor(4, 1) * 4 <= 1);
  CHECK(clip_factor(4, 1) * 4 > 1 - 1e-6);
}

TEST_CASE("the norm is that of all parameters together, and so is the clipping") {
  SmallModel<double> model;
  SGD optimizer{model, {.learning_rate = 1, .clip_norm = 1}};
  Tape tape;
  set_gradient(tape, model.weight, {2});
  set_gradient(tape, model.bias, {4, 0, 0, 0, 0});
  const double norm = optimizer.step(tape).gradient_norm;
  CHECK(std::abs(norm - std::sqrt(21 * 4 + 16.0)) < 1e-14);
  CHECK(std::abs(model.weight.value(1, 2) + 2 / (norm + 1e-6)) < 1e-15);
  CHECK(std::abs(model.bias.value(0) + 4 / (norm + 1e-6)) < 1e-15);
  CHECK(model.bias.value(1) == 0);
}
