#pragma once

#include <weft/nn/parameter.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/linear.hpp>
#include <weft/train/lanes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

// A small model, its samples, and one step of lanes over them, for the tests of lanes.
namespace weft_tests {

using namespace weft;

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

inline Classifier make_classifier() {
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

inline auto loss_of(const Classifier& model, const Samples& samples) {
  return [&](Tape& tape, std::size_t begin, std::size_t count) {
    return cross_entropy(model(tape.constant(samples.inputs.view().rows(begin, count))),
                         samples.labels.view().rows(begin, count));
  };
}

// The loss and all gradients, one after the other.
inline std::vector<float> numbers_of(Lanes& lanes, const Classifier& model, float loss) {
  std::vector<float> numbers{loss};
  for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    const float* gradient = lanes.gradients().collected(parameter.value.data());
    REQUIRE(gradient != nullptr);
    numbers.insert(numbers.end(), gradient, gradient + parameter.value.size());
  });
  return numbers;
}

inline std::vector<float> one_step(std::size_t rows, LaneOptions options) {
  const Classifier model = make_classifier();
  const Samples samples(rows);
  Lanes lanes(model, options);
  const auto result = lanes.step(rows, loss_of(model, samples));
  return numbers_of(lanes, model, result.loss);
}

}  // namespace weft_tests
