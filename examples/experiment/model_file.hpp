#pragma once

#include <weft/io/safetensors.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

// Models in files, each with an example: what it was given, and what it made of that. So whoever
// loads one can see whether it still does what it did.

namespace experiment {

inline std::string name_of_input(std::size_t index) {
  return index == 0 ? "example.input" : "example.input_" + std::to_string(index + 1);
}
inline constexpr const char* name_of_output = "example.output";

// max |a - b| / max |a|; not a number where one of them is none.
inline double relative_difference(const float* a, const float* b, std::size_t count) {
  double difference = 0, greatest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double apart = std::abs(static_cast<double>(a[i]) - b[i]);
    if (std::isnan(apart)) return apart;
    difference = std::max(difference, apart);
    greatest = std::max(greatest, static_cast<double>(std::abs(a[i])));
  }
  return difference == 0 ? 0 : difference / greatest;
}

// Saves the weights, and as an example these tensors with model(their views...).
template <class Model, class... Inputs>
void save_model(const std::string& path, const Model& model, const Inputs&... inputs) {
  const auto output = model(inputs.view()...);
  std::vector<weft::NamedArray> example;
  (example.emplace_back(name_of_input(example.size()), inputs), ...);
  example.emplace_back(name_of_output, output);
  weft::save_safetensors(path, model, {}, example);
}

// Loads what save_model() has saved, with inputs of these types. A file without an example is taken
// as it is. Throws weft::Error as weft::load_safetensors(), and where the model's output is not the
// one that was stored, but for what other instruction sets round differently.
template <class... Inputs, class Model>
void load_model(const std::string& path, Model& model) {
  constexpr double greatest_difference = 1e-4;
  weft::load_safetensors(path, model);
  const weft::SafetensorsFile file(path);
  if (!file.find(name_of_input(0)) && !file.find(name_of_output)) return;
  const auto found = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    const std::tuple inputs{file.load<Inputs>(name_of_input(Index))...};
    return model(std::get<Index>(inputs).view()...);
  }(std::index_sequence_for<Inputs...>{});
  const auto expected = file.load<std::remove_const_t<decltype(found)>>(name_of_output);
  const double difference = expected.size() == found.size()
                                ? relative_difference(expected.data(), found.data(), found.size())
                                : INFINITY;
  if (!(difference <= greatest_difference))
    weft::fail("load", "the model does not give the output that is stored with it",
               path + ", relative difference " + std::to_string(difference));
}

}  // namespace experiment
