#include <weft/io/safetensors.hpp>
#include <weft/optim/adam.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/optim/sgd.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/golden/golden.hpp>
#include <tests/optim/model.hpp>

// Ten steps on given gradients, against PyTorch. See tests/golden/make.py.

namespace {

using namespace weft;
using namespace weft_tests;

struct Golden {
  nn::Parameter<double, 37> start, sgd, sgd_momentum, sgd_nesterov, adam, adam_decay, adamw,
      adamw_clipped;
  nn::Parameter<double, 10, 37> gradients;

  Golden() { load_safetensors(golden_file("optimizers.safetensors"), *this); }

  void visit(auto&& visitor) {
    visitor("start", start);
    visitor("gradients", gradients);
    visitor("sgd", sgd);
    visitor("sgd_momentum", sgd_momentum);
    visitor("sgd_nesterov", sgd_nesterov);
    visitor("adam", adam);
    visitor("adam_decay", adam_decay);
    visitor("adamw", adamw);
    visitor("adamw_clipped", adamw_clipped);
  }
};

template <class T>
struct OneParameter {
  nn::Parameter<T, 37> x;
  void visit(auto&& visitor) { visitor("x", x); }
};

// Greatest difference after ten steps of Optimizer<T>.
template <template <class> class Optimizer, class T>
double difference(const Golden& golden, const nn::Parameter<double, 37>& expected,
                  const auto& options) {
  OneParameter<T> model;
  for (std::size_t i = 0; i < 37; ++i) model.x.value(i) = static_cast<T>(golden.start.value(i));
  Optimizer<T> optimizer{model, options};
  Tape tape;
  for (std::size_t step = 0; step < 10; ++step) {
    const auto row = golden.gradients.value[step];
    set_gradient(tape, model.x, {row.data(), row.data() + 37});
    optimizer.step(tape);
  }
  double worst = 0;
  for (std::size_t i = 0; i < 37; ++i)
    worst = std::max(worst, std::abs(static_cast<double>(model.x.value(i)) - expected.value(i)));
  return worst;
}

template <template <class> class Optimizer>
void compare(const Golden& golden, const nn::Parameter<double, 37>& expected, const auto& options) {
  CHECK(difference<Optimizer, double>(golden, expected, options) < 1e-12);
  CHECK(difference<Optimizer, float>(golden, expected, options) < 2e-6);
}

}  // namespace

TEST_CASE("ten steps of gradient descent agree with PyTorch") {
  const Golden golden;
  compare<SGD>(golden, golden.sgd, SGDOptions{.learning_rate = 0.1});
  compare<SGD>(golden, golden.sgd_momentum,
               SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01});
  compare<SGD>(golden, golden.sgd_nesterov,
               SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
}

TEST_CASE("ten steps of Adam agree with PyTorch") {
  const Golden golden;
  compare<Adam>(golden, golden.adam, AdamOptions{.learning_rate = 0.01});
  compare<Adam>(
      golden, golden.adam_decay,
      AdamOptions{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.98, .weight_decay = 0.1});
}

TEST_CASE("ten steps of AdamW agree with PyTorch") {
  const Golden golden;
  compare<AdamW>(golden, golden.adamw, AdamWOptions{.learning_rate = 0.01});
  compare<AdamW>(golden, golden.adamw_clipped,
                 AdamWOptions{.learning_rate = 0.01,
                              .beta1 = 0.9,
                              .beta2 = 0.98,
                              .weight_decay = 0.1,
                              .clip_norm = 1});
}
