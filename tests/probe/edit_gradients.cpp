#include <weft/autograd/gradient_check.hpp>
#include <weft/ops/multiply.hpp>
#include <weft/probe/cache.hpp>
#include <weft/probe/edit.hpp>
#include <weft/probe/probes.hpp>

#include <tests/nn/transformer_gradients.hpp>

#include <catch2/catch_test_macros.hpp>

#include "model.hpp"

// Every kind of edit at every point of a model, against central differences.

using namespace weft;

namespace {

constexpr nn::TransformerConfig config =
    weft_tests::combination(7, nn::Positions::learned);  // MLP, norm and bias; positions 3, width 4
using Model = nn::Transformer<config, double>;

// One edit of each kind, all of them at part of a value; and two at once.
std::vector<std::pair<std::string, Edit<double>>> edits_at(const std::string& point,
                                                           const Cache<double>& other,
                                                           const Cache<double>& mean) {
  const bool has_heads = point.find("attn.") != point.npos;
  const Site where{.point = point,
                   .heads = has_heads ? std::vector<std::size_t>{1} : std::vector<std::size_t>{},
                   .positions = {1, 2}};
  Edit<double> number, patch, average, add, scale, shift, two;
  number.replace(where, 0.4);
  patch.replace(where, other);
  average.replace({.point = point, .positions = {2}}, mean);
  add.add(where, other);
  scale.scale(where, -1.5);
  shift.shift(where, mean, other, 0.7);
  two.scale({.point = point}, other).add(where, 0.25).scale(where, 3);
  return {{"number", number}, {"patch", patch}, {"mean", average}, {"add", add},
          {"scale", scale},   {"shift", shift}, {"two", two}};
}

auto squares_at(const std::string& point) {
  return Edit<double>().apply({.point = point, .positions = {1, 2}},
                              [](const ElementIndex& at, double x) {
                                if (at.feature == 1) return Changed<double>{0.3, 0};
                                return Changed<double>{x * x, 2 * x};
                              });
}

// What passes all points in a run on other tokens, without the infinities of hidden scores.
Cache<double> other_run() {
  const auto model = init<Model>(Random{11}, [](auto, auto& parameter, const Random& random) {
    nn::init::normal(0.6)(parameter, random);
  });
  Cache<double> cache(weft_tests::all_points<Model>());
  model(Tensor<int, 2, 3>{{1, 1, 4}, {0, 2, 3}}, cache);
  return cache;
}

}  // namespace

TEST_CASE("the gradient of every parameter passes every kind of edit at every point") {
  const Cache<double> other = other_run(), mean = other.mean_over_sequences();
  for (const std::string& point : weft_tests::all_points<Model>()) {
    for (const auto& [kind, edit] : edits_at(point, other, mean)) {
      const auto error = weft_tests::transformer_gradient_error<config>(edit);
      INFO(point << ", " << kind << ", " << error.where);
      CHECK(error.compared > 100);
      CHECK(error.worst < 1e-6);
    }
    const auto error = weft_tests::transformer_gradient_error<config>(squares_at(point));
    INFO(point << ", function, " << error.where);
    CHECK(error.worst < 1e-6);
  }
}

TEST_CASE("a block's input has the gradient of the edited block") {
  const Cache<double> other = other_run(), mean = other.mean_over_sequences();
  const auto model = init<Model>(Random{7}, [](auto, auto& parameter, const Random& random) {
    nn::init::normal(0.6)(parameter, random);
  });
  Cache<double> inputs({"blocks.1.resid_pre"});
  model(Tensor<int, 2, 3>{{0, 4, 2}, {3, 3, 1}}, inputs);
  const auto x = inputs.get<Tensor<double, 2, 3, 4>>("blocks.1.resid_pre");
  for (const std::string& point : weft_tests::all_points<Model>()) {
    if (point.compare(0, 9, "blocks.1.") != 0) continue;
    for (const auto& [kind, edit] : edits_at(point, other, mean)) {
      const auto gradient =
          check_gradient([&](auto h) { return model.blocks[1](h, edit, 1); }, x);
      INFO(point << ", " << kind << ", " << gradient.where);
      CHECK(gradient.passed());
    }
  }
}

TEST_CASE("a replaced value hands no gradient on") {
  const auto gradients_with = [](const Edit<double>& edit) {
    const auto model = init<Model>(Random{7});
    Tape tape;
    const auto logits = model(tape.constant(Tensor<int, 1, 3>{{0, 4, 2}}), edit);
    std::fill_n(logits.target().data, logits.size(), 1.0);
    tape.backward();
    const auto reached = [&](const auto& parameter) {
      const double* gradient = tape.gradients().collected(parameter.value.data());
      return gradient && std::any_of(gradient, gradient + parameter.value.size(),
                                     [](double element) { return element != 0; });
    };
    const auto& attn = model.blocks[0].attn;
    return std::vector<bool>{reached(attn.query.weight), reached(attn.value.weight),
                             reached(model.embed.weight)};
  };
  Edit<double> none, scores, pattern, stream;
  scores.replace({.point = "blocks.0.attn.scores"}, 0.1);
  pattern.replace({.point = "blocks.0.attn.pattern"}, 0.1);
  stream.replace({.point = "blocks.0.resid_post"}, 0.1);
  CHECK(gradients_with(none) == std::vector<bool>{true, true, true});
  CHECK(gradients_with(scores) == std::vector<bool>{false, true, true});
  CHECK(gradients_with(pattern) == std::vector<bool>{false, true, true});
  CHECK(gradients_with(stream) == std::vector<bool>{false, false, false});
}

TEST_CASE("a probe of one's own that changes values by operations is differentiated") {
  const auto doubled = [](const Point& point, auto value) {
    if (point.name == "resid_post" && point.layer == 0) return 2.0 * value * value;
    return value;
  };
  const auto error = weft_tests::transformer_gradient_error<config>(doubled);
  INFO(error.where);
  CHECK(error.worst < 1e-6);
}

TEST_CASE("gradients pass several probes in turn") {
  Edit<double> scale, score;
  scale.scale({.point = "blocks.*.attn.pattern"}, 1.5);
  score.add({.point = "blocks.*.attn.scores", .keys = {0}}, 0.5)
      .scale({.point = "blocks.1.attn.result", .heads = {0}}, 2);
  auto squares = squares_at("blocks.1.attn.pattern");
  Cache<double> cache({"blocks.0.attn.pattern"});
  const auto error =
      weft_tests::transformer_gradient_error<config>(Probes(scale, cache, score, squares));
  INFO(error.where);
  CHECK(error.worst < 1e-6);
}
