#include "results.hpp"

#include <weft/weft.hpp>

// The name of the function that this file defines; each way of building has its own.
#ifndef WEFT_VARIANT
#define WEFT_VARIANT results
#endif

namespace {

using namespace weft;

// Uniform in [-1, 1), the same numbers for every element type.
template <class T>
void fill(T* target, std::size_t count, Random random) {
  for (std::size_t i = 0; i < count; ++i)
    target[i] = static_cast<T>(static_cast<float>(2 * random.uniform_double() - 1));
}

template <class T, std::size_t... Extents>
Tensor<T, Extents...> filled(const char* name) {
  Tensor<T, Extents...> tensor;
  fill(tensor.data(), tensor.size(), Random(7).fork(name));
  return tensor;
}

// One number that depends on every element.
template <class X>
double digest(const X& x) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += static_cast<double>(x.data()[i]) * (1 + static_cast<double>(i * 5 % 7));
  return sum;
}

// Each kernel once, at extents that leave tails in every instruction set.
template <class T, class Report>
void run_operations(const Report& report) {
  const auto a = filled<T, 7, 19>("a");
  const auto b = filled<T, 19, 37>("b");
  report("matmul", digest(matmul(a, b)));
  // Groups of 512 floats or 256 doubles, and half an AVX-512 register.
  const auto c = filled<T, 7, 17>("c");
  report("matmul of 520 columns", digest(matmul(c, filled<T, 17, 520>("d"))));
  report("matmul of 260 columns", digest(matmul(c, filled<T, 17, 260>("e"))));
  report("softmax", digest(softmax(b)));
  report("log_softmax", digest(log_softmax(b)));
  report("layer_norm", digest(layer_norm(b)));
  report("rms_norm", digest(rms_norm(b)));
  report("sum", digest(sum<0>(b)));
  report("tanh", digest(tanh(b)));
  report("gelu", digest(gelu(b)));
  report("sigmoid", digest(sigmoid(b)));
  report("exp", digest(exp(b)));
  const auto q = filled<T, 3, 5, 22>("q");
  const auto k = filled<T, 3, 5, 22>("k");
  const auto v = filled<T, 3, 5, 22>("v");
  report("attention", digest(attention<2>(q, k, v)));
}

// Six steps of a small transformer that learns to say its input backwards.
template <class T, class Report>
void train(const Report& report) {
  constexpr std::size_t rows = 37, positions = 6, vocabulary = 11;
  using Model = nn::Transformer<{.vocabulary = vocabulary,
                                 .positions = positions,
                                 .width = 20,
                                 .heads = 4,
                                 .layers = 2,
                                 .mlp_width = 41},
                                T>;
  Model model;
  for_each_parameter(model, [](const std::string& path, auto& parameter) {
    fill(parameter.value.data(), parameter.value.size(), Random(7).fork(path));
    for (T& element : parameter.value) element *= T(0.25);
  });
  Tensor<int, dynamic, positions> tokens(rows), targets(rows);
  Random random(11);
  for (int& token : tokens) token = static_cast<int>(random.integer(vocabulary));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t n = 0; n < positions; ++n) targets(row, n) = tokens(row, positions - 1 - n);

  // With a large epsilon, since the gradient of a key's bias is zero but for rounding.
  AdamW<T> optimizer{model, {.learning_rate = 1e-2, .epsilon = 1e-3}};
  Lanes lanes{model, {.microbatch = 2}};
  for (int step = 0; step < 6; ++step) {
    const auto found = lanes.step(rows, [&](Tape& tape, std::size_t begin, std::size_t count) {
      const auto logits = model(tape.constant(tokens.view().rows(begin, count)));
      return cross_entropy(logits, targets.view().rows(begin, count));
    });
    optimizer.step(lanes);
    lanes.gradients().clear();
    report("loss of step " + std::to_string(step), static_cast<double>(found.loss));
  }
  for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    report(path, digest(parameter.value));
  });
}

}  // namespace

namespace variants {

Results WEFT_VARIANT();

Results WEFT_VARIANT() {
  Results results{instruction_set, default_threads(), {}};
  std::size_t next = 0;
  const auto report_float = [&](const std::string& name, double number) {
    results.numbers.push_back({name, number, 0});
  };
  const auto report_double = [&](const std::string&, double number) {
    results.numbers[next++].in_double = number;
  };
  run_operations<float>(report_float);
  train<float>(report_float);
  run_operations<double>(report_double);
  train<double>(report_double);
  return results;
}

}  // namespace variants
