#include <weft/io/safetensors.hpp>
#include <weft/optim/adam.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/optim/sgd.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <tests/optim/model.hpp>

#include <cstdio>
#include <filesystem>
#include <limits>

// What all optimisers do alike.

namespace {

using namespace weft;
using namespace weft_tests;
using Catch::Matchers::ContainsSubstring;

using Model = SmallModel<float>;

void set_gradients(Tape& tape, const Model& model, double shift = 0) {
  set_gradient(tape, model.weight, {0.5 + shift, -0.25, 1, 2});
  set_gradient(tape, model.bias, {-1, 0.125 + shift});
}

bool is_bias(std::string_view path) { return path.ends_with("bias"); }

struct Momentum {
  using Optimizer = SGD<float>;
  static Optimizer make(Model& model) {
    return Optimizer{model, {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01}};
  }
};
struct CoupledAdam {
  using Optimizer = Adam<float>;
  static Optimizer make(Model& model) {
    return Optimizer{model, {.learning_rate = 0.1, .weight_decay = 0.01}};
  }
};
struct DecoupledAdam {
  using Optimizer = AdamW<float>;
  static Optimizer make(Model& model) { return Optimizer{model, {.learning_rate = 0.1}}; }
};

using Optimizers = std::tuple<Momentum, CoupledAdam, DecoupledAdam>;

struct Shared {
  nn::Parameter<float, 3> weight;

  void visit(auto&& visitor) {
    visitor("first", weight);
    visitor("second", weight);
  }
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("a step changes every parameter and clears the gradients", "",
                        Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  Tape tape;
  set_gradients(tape, model);
  CHECK(optimizer.step(tape).without_gradient.empty());
  for (float element : model.weight.value) CHECK(element != 0);
  for (float element : model.bias.value) CHECK(element != 0);
  CHECK(tape.gradients().collected(model.weight.value.data()) == nullptr);
}

TEMPLATE_LIST_TEST_CASE("parameters without gradient are named and stay as they are", "",
                        Optimizers) {
  Model model;
  model.bias.value.fill(1);
  auto optimizer = TestType::make(model);
  Tape tape;
  set_gradient(tape, model.weight, {1});
  const StepReport report = optimizer.step(tape);
  REQUIRE(report.without_gradient.size() == 1);
  CHECK(report.without_gradient[0] == "bias");
  for (float element : model.bias.value) CHECK(element == 1);
  CHECK(model.weight.value(0, 0) != 0);
}

TEST_CASE("gradients whose norm is not finite are refused, by path where one is enough") {
  SmallModel<double> model;
  const SmallModel<double> kept = model;
  AdamW<double> optimizer{model, {.learning_rate = 0.1, .clip_norm = 1}};
  Tape tape;
  set_gradient(tape, model.weight, {1});
  set_gradient(tape, model.bias, {1e200});
  CHECK_THROWS_WITH(optimizer.step(tape), ContainsSubstring("finite sum: bias"));
  // 21 and 5 squares of which each sum is finite, and not both together.
  set_gradient(tape, model.weight, {2.9e153});
  set_gradient(tape, model.bias, {5.9e153});
  CHECK_THROWS_WITH(optimizer.step(tape), ContainsSubstring("all gradients"));
  CHECK(model.weight.value == kept.weight.value);
  CHECK(model.bias.value == kept.bias.value);
}

TEMPLATE_LIST_TEST_CASE("two optimizers on one tape step from their own gradients", "",
                        Optimizers) {
  Model first, second, alone;
  auto optimizer_of_first = TestType::make(first), optimizer_of_second = TestType::make(second);
  auto optimizer_alone = TestType::make(alone);
  Tape tape, tape_alone;
  for (const double shift : {0.0, 0.5}) {
    set_gradients(tape, first, shift);
    set_gradients(tape, second, shift);
    set_gradients(tape_alone, alone, shift);
    optimizer_of_first.step(tape);
    CHECK(optimizer_of_second.step(tape).without_gradient.empty());
    optimizer_alone.step(tape_alone);
    CHECK(first.weight.value == alone.weight.value);
    CHECK(second.weight.value == alone.weight.value);
    CHECK(second.bias.value == alone.bias.value);
  }
  CHECK(optimizer_of_first.step(tape).without_gradient.size() == 2);
}

TEMPLATE_LIST_TEST_CASE("a gradient that is not finite is refused by its path, and changes "
                        "nothing",
                        "", Optimizers) {
  Model model, kept_model;
  auto optimizer = TestType::make(model);
  auto kept_optimizer = TestType::make(kept_model);
  Tape tape, kept_tape;
  for (double bad : {HUGE_VAL, -HUGE_VAL, std::numeric_limits<double>::quiet_NaN()}) {
    set_gradient(tape, model.weight, {1});
    set_gradient(tape, model.bias, {0, 0, 0, bad, 0});
    CHECK_THROWS_WITH(optimizer.step(tape), ContainsSubstring("bias, element 3"));
    CHECK(model.weight.value == kept_model.weight.value);
  }
  // Its state is as it was, too, and the gradients are gone: it goes on like one that saw no bad
  // gradient.
  set_gradients(tape, model);
  set_gradients(kept_tape, kept_model);
  optimizer.step(tape);
  kept_optimizer.step(kept_tape);
  CHECK(model.weight.value == kept_model.weight.value);
  CHECK(model.bias.value == kept_model.bias.value);
}

TEMPLATE_LIST_TEST_CASE("a group has a learning rate and weight decay of its own", "", Optimizers) {
  Model model, slow_model, plain_model;
  for (Model* m : {&model, &slow_model, &plain_model}) m->bias.value.fill(1);
  auto optimizer = TestType::make(model);
  auto slow = TestType::make(slow_model);
  auto plain = TestType::make(plain_model);
  slow.group(is_bias, {.learning_rate_factor = 0.5});
  plain.group(is_bias, {.weight_decay_factor = 0});
  Tape tape, slow_tape, plain_tape;
  set_gradients(tape, model);
  set_gradients(slow_tape, slow_model);
  set_gradients(plain_tape, plain_model);
  optimizer.step(tape);
  slow.step(slow_tape);
  plain.step(plain_tape);
  CHECK(model.weight.value == slow_model.weight.value);
  CHECK(model.weight.value == plain_model.weight.value);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(std::abs((slow_model.bias.value(i) - 1) / (model.bias.value(i) - 1) - 0.5f) < 1e-5f);
  if constexpr (!std::is_same_v<TestType, CoupledAdam>)  // whose first step has but one size
    CHECK(plain_model.bias.value(1) > model.bias.value(1));
}

TEMPLATE_LIST_TEST_CASE("frozen parameters are not updated, not counted, not missed, and get no "
                        "gradient",
                        "", Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  optimizer.group(is_bias, {.frozen = true});
  Tape tape;
  set_gradient(tape, model.weight, {1});
  set_gradient(tape, model.bias, {100});
  const StepReport report = optimizer.step(tape);
  CHECK(std::abs(report.gradient_norm - std::sqrt(21.0)) < 1e-12);
  CHECK(report.without_gradient.empty());
  for (float element : model.bias.value) CHECK(element == 0);

  optimizer.freeze_into(tape.gradients());
  CHECK(!tape.parameter(model.bias).is_differentiated());
  CHECK(tape.parameter(model.weight).is_differentiated());
  optimizer.group(is_bias, {});
  optimizer.freeze_into(tape.gradients());
  CHECK(tape.parameter(model.bias).is_differentiated());
}

TEMPLATE_LIST_TEST_CASE("a group that names no parameter is refused", "", Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  CHECK_THROWS_AS(optimizer.group([](std::string_view path) { return path == "biass"; }, {}),
                  Error);
}

TEMPLATE_LIST_TEST_CASE("the learning rate can change from step to step", "", Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  Tape tape;
  optimizer.learning_rate = 0;
  set_gradients(tape, model);
  optimizer.step(tape);
  for (float element : model.weight.value) CHECK(element == 0);
  optimizer.learning_rate = std::numeric_limits<double>::quiet_NaN();
  set_gradients(tape, model);
  CHECK_THROWS_AS(optimizer.step(tape), Error);
  optimizer.learning_rate = 1;
  optimizer.step(tape);
  CHECK(model.weight.value(0, 0) != 0);
}

TEMPLATE_LIST_TEST_CASE("an optimiser goes on from its saved state with the same bits", "",
                        Optimizers) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("weft_optimizer_" + std::to_string(::getpid())))
          .string();
  Model model;
  auto optimizer = TestType::make(model);
  Tape tape;
  for (int step = 0; step < 3; ++step) {
    set_gradients(tape, model, step);
    optimizer.step(tape);
  }
  save_safetensors(path, optimizer);
  Model resumed_model;
  resumed_model.weight.value = model.weight.value;
  resumed_model.bias.value = model.bias.value;
  auto resumed = TestType::make(resumed_model);
  load_safetensors(path, resumed);
  std::remove(path.c_str());
  Tape resumed_tape;
  set_gradients(tape, model, 9);
  set_gradients(resumed_tape, resumed_model, 9);
  optimizer.step(tape);
  resumed.step(resumed_tape);
  CHECK(model.weight.value == resumed_model.weight.value);
  CHECK(model.bias.value == resumed_model.bias.value);
}

TEMPLATE_LIST_TEST_CASE("a state of another size is refused", "", Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  for_each_parameter(optimizer, [](const std::string& path, auto& state) {
    if constexpr (std::remove_cvref_t<decltype(state.value)>::rank == 1)
      if (path.starts_with("bias")) state.value = Tensor<float, dynamic>(3);
  });
  Tape tape;
  set_gradients(tape, model);
  CHECK_THROWS_WITH(optimizer.step(tape), ContainsSubstring("bias"));
}

TEMPLATE_LIST_TEST_CASE("a model may be moved after its optimiser is made", "", Optimizers) {
  Model model;
  auto optimizer = TestType::make(model);
  const Model moved = std::move(model);
  Tape tape;
  set_gradients(tape, moved);
  CHECK(optimizer.step(tape).without_gradient.empty());
  CHECK(moved.weight.value(0, 0) != 0);
}

TEST_CASE("an optimiser's element type is the model's") {
  SmallModel<double> model;
  AdamW deduced{model};
  static_assert(std::is_same_v<decltype(deduced), AdamW<double>>);
  Model single;
  SGD deduced_single{single, {.learning_rate = 1e-3f}};
  static_assert(std::is_same_v<decltype(deduced_single), SGD<float>>);
  CHECK(deduced_single.learning_rate == static_cast<double>(1e-3f));
}

TEST_CASE("an optimiser refuses a model of another element type") {
  SmallModel<double> model;
  CHECK_THROWS_WITH((AdamW<float>{model}), ContainsSubstring("AdamW<double>: weight"));
  CHECK_THROWS_AS((SGD<float>{model}), Error);
}

TEST_CASE("options out of range are refused") {
  Model model;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS((SGD{model, {.learning_rate = -1}}), Error);
  CHECK_THROWS_AS((SGD{model, {.nesterov = true}}), Error);
  CHECK_THROWS_AS((SGD{model, {.momentum = nan}}), Error);
  CHECK_THROWS_AS((Adam{model, {.beta1 = 1}}), Error);
  CHECK_THROWS_AS((Adam{model, {.beta2 = -0.1}}), Error);
  CHECK_THROWS_AS((AdamW{model, {.epsilon = nan}}), Error);
  CHECK_THROWS_WITH((AdamW{model, {.epsilon = 1e-60}}),
                    ContainsSubstring("epsilon must be greater than zero"));
  CHECK_THROWS_AS((AdamW{model, {.weight_decay = HUGE_VAL}}), Error);
  CHECK_THROWS_WITH((AdamW{model, {.clip_norm = -1}}), ContainsSubstring("clip_norm"));
  AdamW adam{model};
  const auto all = [](std::string_view) { return true; };
  CHECK_THROWS_WITH(adam.group(all, {.learning_rate_factor = nan}),
                    ContainsSubstring("learning_rate_factor"));
  CHECK_THROWS_WITH(adam.group(all, {.weight_decay_factor = -1}),
                    ContainsSubstring("weight_decay_factor"));
  Tape tape;
  adam.learning_rate = nan;
  CHECK_THROWS_WITH(adam.step(tape), ContainsSubstring("learning_rate must be finite"));
}

TEST_CASE("memory that two names share is updated once") {
  Shared model;
  SGD optimizer{model, {.learning_rate = 1}};
  Tape tape;
  set_gradient(tape, model.weight, {1});
  optimizer.step(tape);
  CHECK(model.weight.value(0) == -1);
}
