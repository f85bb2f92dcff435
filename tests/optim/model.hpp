#pragma once

#include <weft/autograd/variable.hpp>
#include <weft/nn/parameter.hpp>

#include <vector>

namespace weft_tests {

// Two parameters of odd sizes.
template <class T>
struct SmallModel {
  using element_type = T;

  weft::nn::Parameter<T, 3, 7> weight;
  weft::nn::Parameter<T, 5> bias;

  void visit(auto&& visitor) {
    visitor("weight", weight);
    visitor("bias", bias);
  }
};

// Puts a gradient where a backward pass would have collected it.
template <class Parameter, class T = typename Parameter::value_type>
void set_gradient(weft::Tape& tape, const Parameter& parameter, const std::vector<double>& values) {
  weft::GradientSlot* slot =
      tape.gradients().slot(parameter.value.data(), parameter.value.size());
  if (!slot) return;
  for (std::size_t i = 0; i < parameter.value.size(); ++i)
    static_cast<T*>(slot->data)[i] = static_cast<T>(values[i % values.size()]);
  slot->written = true;
}

}  // namespace weft_tests
