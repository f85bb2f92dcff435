#pragma once

#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>

#include <catch2/catch_test_macros.hpp>

// Numeric gradients of every parameter of tiny transformers, through the whole model.

namespace weft_tests {

inline constexpr std::size_t combinations = 16;  // of the switches

// Number `which` of the models with the given positions: one bit a switch.
constexpr weft::nn::TransformerConfig combination(std::size_t which,
                                                  weft::nn::Positions positions) {
  return {.vocabulary = 5,
          .positions = 3,
          .width = 4,
          .heads = 2,
          .layers = 2,
          .mlp = (which & 1) != 0,
          .norm = (which & 2) != 0,
          .bias = (which & 4) != 0,
          .position_encoding = positions,
          .tied = (which & 8) != 0,
          .mlp_width = 3};
}

struct GradientError {
  double worst = 0;
  std::string where = "nothing was compared";
  std::size_t compared = 0;
};

// Compares the gradients of the loss of one batch with central differences. With a probe that edits,
// a parameter may have no part in the loss.
template <weft::nn::TransformerConfig config, class Probe = weft::NoProbe>
GradientError transformer_gradient_error(Probe&& probe = {}) {
  using namespace weft;
  using Model = nn::Transformer<config, double>;
  const auto rule = [](std::string_view, auto& parameter, const Random& random) {
    nn::init::normal(0.6)(parameter, random);
  };
  auto model = init<Model>(Random{7}, rule);
  const Tensor<int, dynamic, 3> tokens{{0, 4, 2}, {3, 3, 1}};
  const Tensor<int, dynamic, 3> targets{{4, -1, 0}, {3, 1, 2}};
  Tape tape;
  const auto loss = [&] {
    tape.reset();
    return cross_entropy(model(tape.constant(tokens), probe), targets);
  };
  if (const auto first = loss(); first.is_differentiated()) tape.backward(first);

  GradientError error;
  constexpr double step = 1e-5;
  const auto check = [&](const std::string& path, double* value, std::size_t size) {
    const double* gradient = tape.gradients().collected(value);
    for (std::size_t i = 0; i < size; ++i, ++error.compared) {
      const double kept = value[i];
      value[i] = kept + step;
      const double above = loss().item();
      value[i] = kept - step;
      const double below = loss().item();
      value[i] = kept;
      const double numeric = (above - below) / (2 * step);
      const double without = weft::is_no_probe<Probe> ? HUGE_VAL : 0.0;
      const double difference = std::abs((gradient ? gradient[i] : without) - numeric);
      if (std::isnan(error.worst) || difference <= error.worst) continue;
      error.worst = difference;
      error.where = path + ", element " + std::to_string(i);
    }
  };
  for_each_parameter(model, [&](const std::string& path, auto& parameter) {
    check(path, parameter.value.data(), parameter.value.size());
  });
  return error;
}

// Checks all combinations of the switches with the given positions.
template <weft::nn::Positions positions>
void check_transformer_gradients() {
  [&]<std::size_t... Which>(std::index_sequence<Which...>) {
    const GradientError errors[] = {
        transformer_gradient_error<combination(Which, positions)>()...};
    for (std::size_t which = 0; which < combinations; ++which) {
      CAPTURE(which, errors[which].where);
      CHECK(errors[which].compared > 100);
      CHECK(errors[which].worst < 1e-6);
    }
  }(std::make_index_sequence<combinations>{});
}

}  // namespace weft_tests
