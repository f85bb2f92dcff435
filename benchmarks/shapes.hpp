#pragma once

#include <examples/contextual_recall/model.hpp>
#include <examples/contextual_recall/task.hpp>

#include <cstddef>

// The models whose training is measured.

namespace benchmarks {

struct Shape {
  const char* name;
  weft::nn::TransformerConfig config;
  std::size_t batch;  // sequences a step
};

// As in the example's preset default.
inline constexpr contextual_recall::WorldSize recall_world{};
inline constexpr Shape recall_shape{
    "contextual_recall",
    contextual_recall::attention_only({.vocabulary = recall_world.vocabulary(),
                                       .positions = recall_world.positions(),
                                       .width = 64,
                                       .heads = 4,
                                       .layers = 2}),
    128};

inline constexpr Shape d128_shape{
    "d128",
    contextual_recall::attention_only(
        {.vocabulary = 512, .positions = 64, .width = 128, .heads = 4, .layers = 2}),
    64};

inline constexpr Shape d256_shape{
    "d256",
    contextual_recall::attention_only(
        {.vocabulary = 512, .positions = 128, .width = 256, .heads = 8, .layers = 4}),
    32};

// With layer norm, an MLP (4 x GELU) and biases.
constexpr Shape complete(const char* name, Shape shape) {
  shape.name = name;
  shape.config.mlp = shape.config.norm = shape.config.bias = true;
  return shape;
}

inline constexpr Shape complete_d128_shape = complete("d128_mlp_norm_bias", d128_shape);
inline constexpr Shape complete_d256_shape = complete("d256_mlp_norm_bias", d256_shape);

}  // namespace benchmarks
