#pragma once

#include <weft/core/tensor.hpp>
#include <weft/core/visit.hpp>
#include <weft/kernels/optimizer.hpp>
#include <weft/optim/clip.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

// What the optimisers share: the list of a model's parameters, and what a step finds out.

namespace weft::inline WEFT_TARGET {

// How a step treats some of the parameters.
struct ParameterGroup {
  double learning_rate_factor = 1;  // times the optimiser's learning rate
  double weight_decay_factor = 1;   // times the optimiser's weight decay
  bool frozen = false;              // not updated, not in the norm
};

// What a step found. The names are those of the parameters, not frozen, that no gradient has
// reached; they are valid until the optimiser's next step.
struct StepReport {
  double gradient_norm = 0;  // global, before clipping
  const std::vector<std::string_view>& without_gradient;
};

// A tensor of an optimiser's state. Optimisers show their state through visit(), like a model does
// its parameters, under the parameter's path: "embed.weight.velocity".
template <class T, std::size_t... Extents>
struct OptimizerState {
  using is_parameter = void;
  Tensor<T, Extents...> value;
};

namespace detail {

// The element type of a model that names it; float otherwise.
template <class Model>
struct ElementOfModel {
  using type = float;
};
template <class Model>
  requires requires { typename Model::element_type; }
struct ElementOfModel<Model> {
  using type = typename Model::element_type;
};

// Throws Error unless low <= value, and value < high; NaN fails.
inline void check_option(const char* optimizer, const char* option, double value, double low,
                         double high = HUGE_VAL) {
  if (value >= low && value < high) return;
  std::string rule = option;
  rule.append(" must be finite, at least ").append(std::to_string(low));
  if (high < HUGE_VAL) rule.append(" and below ").append(std::to_string(high));
  fail(optimizer, rule, std::to_string(value));
}

template <class T>
struct OptimizedParameter {
  std::string path;
  T* value;
  std::size_t count;
  ParameterGroup group;
  const T* gradient = nullptr;  // of the step being made; null: leave the parameter as it is
};

// The parameters of a model, by path. Remembers where the elements of their values lie: a model may
// be moved, which takes them along, but not destroyed, nor have another one assigned to it.
template <class T>
class ParameterList {
 public:
  ParameterList(const char* optimizer, const std::vector<AnyParameter>& parameters)
      : optimizer_(optimizer) {
    for (const AnyParameter& parameter : parameters) {
      if (parameter.type != &type_tag<T>)
        fail(optimizer_,
             "an optimizer's element type is that of the model's parameters; write for example "
             "AdamW<double>",
             parameter.path);
      const std::span<T> elements = parameter.elements<T>();
      if (!contains(elements.data()))
        parameters_.push_back({parameter.path, elements.data(), elements.size(), {}});
    }
    if (parameters_.empty()) fail(optimizer_, "the model must have a parameter", "0 parameters");
    without_gradient_.reserve(parameters_.size());
  }

  std::size_t size() const { return parameters_.size(); }
  const OptimizedParameter<T>& operator[](std::size_t index) const { return parameters_[index]; }

  // Puts every parameter whose path the predicate holds for into the group.
  template <class Predicate>
  void set_group(const Predicate& predicate, const ParameterGroup& group) {
    check_option(optimizer_, "learning_rate_factor", group.learning_rate_factor, 0);
    check_option(optimizer_, "weight_decay_factor", group.weight_decay_factor, 0);
    std::size_t matches = 0;
    for (OptimizedParameter<T>& parameter : parameters_)
      if (predicate(std::string_view(parameter.path))) {
        parameter.group = group;
        ++matches;
      }
    if (matches == 0)
      fail(optimizer_, "the path of a parameter must be in the group",
           "none of " + std::to_string(parameters_.size()) + ", " + parameters_.front().path +
               " being the first");
  }

  // Calls visitor(name, value) for what groups say other than by default.
  void visit_settings(auto&& visitor) const {
    for (const OptimizedParameter<T>& parameter : parameters_) {
      const auto [rate, decay, frozen] = parameter.group;
      if (rate != 1) visitor(parameter.path + ".learning_rate_factor", rate);
      if (decay != 1) visitor(parameter.path + ".weight_decay_factor", decay);
      if (frozen) visitor(parameter.path + ".frozen", 1.0);
    }
  }

  template <class Gradients>
  void freeze_into(Gradients& gradients) const {
    for (const OptimizedParameter<T>& parameter : parameters_)
      gradients.freeze_for_optimizer(parameter.value, parameter.group.frozen);
  }

  // Takes the gradients of a step, and finds their norm. Throws Error where an element, or the sum
  // of the squares, is not finite; they are taken then too, or nothing could be added to them.
  template <class Gradients>
  StepReport take(Gradients& gradients) {
    without_gradient_.clear();
    double total = 0;
    const OptimizedParameter<T>* not_finite = nullptr;  // the first
    for (OptimizedParameter<T>& parameter : parameters_) {
      parameter.gradient = nullptr;
      if (parameter.group.frozen || gradients.is_frozen(parameter.value)) continue;
      parameter.gradient = gradients.take(static_cast<const T*>(parameter.value));
      if (!parameter.gradient) {
        without_gradient_.push_back(parameter.path);
        continue;
      }
      const double squares = kernels::sum_of_squares(parameter.count, parameter.gradient);
      if (!std::isfinite(squares) && !not_finite) not_finite = &parameter;
      total += squares;
    }
    if (not_finite) fail_not_finite(*not_finite);
    if (!std::isfinite(total))
      fail(optimizer_, "the squares of all gradients must have a finite sum",
           std::to_string(total));
    return {std::sqrt(total), without_gradient_};
  }

 private:
  bool contains(const T* value) const {
    for (const OptimizedParameter<T>& parameter : parameters_)
      if (parameter.value == value) return true;
    return false;
  }

  [[noreturn]] void fail_not_finite(const OptimizedParameter<T>& parameter) const {
    for (std::size_t i = 0; i < parameter.count; ++i)
      if (!std::isfinite(parameter.gradient[i]))
        fail(optimizer_, "a gradient is not finite",
             parameter.path + ", element " + std::to_string(i) + ", gradient " +
                 std::to_string(parameter.gradient[i]));
    fail(optimizer_, "the squares of a gradient must have a finite sum", parameter.path);
  }

  const char* optimizer_;
  std::vector<OptimizedParameter<T>> parameters_;
  std::vector<std::string_view> without_gradient_;
};

// Throws Error where a state loaded from elsewhere is not of its parameter's size.
template <class State, class T>
void check_state(const char* optimizer, const State& state,
                 const OptimizedParameter<T>& parameter) {
  if (state.value.size() != parameter.count)
    fail(optimizer, "the state must have as many elements as its parameter",
         parameter.path + ", " + std::to_string(state.value.size()) + " and " +
             std::to_string(parameter.count));
}

}  // namespace detail

// The element type of a model that has a member type element_type; float otherwise.
template <class Model>
using element_of_model = typename detail::ElementOfModel<Model>::type;

}  // namespace weft
