#pragma once

#include <weft/nn/transformer.hpp>

#include <string>
#include <vector>

// A small transformer with every part, and its points.

namespace weft_tests {

inline constexpr weft::nn::TransformerConfig small{
    .vocabulary = 9, .positions = 6, .width = 8, .heads = 2, .layers = 2};

template <class T = double>
using Small = weft::nn::Transformer<small, T>;

// Random enough that nothing cancels by symmetry.
template <class Model>
Model random_model() {
  return weft::init<Model>(
      weft::Random{3}, [](std::string_view, auto& parameter, const weft::Random& random) {
        weft::nn::init::normal(0.5)(parameter, random);
      });
}

inline const weft::Tensor<int, 2, 6> tokens{{0, 8, 3, 3, 1, 7}, {5, 4, 3, 2, 1, 0}};
inline const weft::Tensor<int, 2, 6> other_tokens{{2, 2, 6, 0, 4, 8}, {7, 1, 5, 0, 0, 3}};

// The names of all points of a model, with their layers.
template <class Model>
std::vector<std::string> all_points() {
  std::vector<std::string> names;
  const weft::PointList points = Model::points();
  for (std::string_view name : points.names) {
    const std::size_t star = name.find('*');
    if (star == std::string_view::npos) names.emplace_back(name);
    for (std::size_t layer = 0; layer < points.layers && star != std::string_view::npos; ++layer)
      names.push_back(std::string(name).replace(star, 1, std::to_string(layer)));
  }
  return names;
}

template <class X>
std::vector<double> elements(const X& x) {
  return {x.data(), x.data() + x.size()};
}

}  // namespace weft_tests
