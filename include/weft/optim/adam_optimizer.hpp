#pragma once

#include <weft/optim/parameters.hpp>

namespace weft::inline WEFT_TARGET::detail {

// Whether weight decay is part of the gradient (Adam) or acts on the value beside it (AdamW).
enum class WeightDecay : bool { coupled, decoupled };

// What Adam and AdamW are but for their names and where weight decay acts: the running means of
// gradients and of their squares, and the step.
template <class T, class Options, WeightDecay kind>
class AdamOptimizer {
 public:
  double learning_rate;  // set it before a step to follow a schedule

  // One step. Parameters without gradient stay as they are, and are named in the report. Throws
  // Error, with no parameter changed, where a gradient is not finite; the message names it.
  template <class Source>
  StepReport step(Source& source) {
    check_option(name_, "learning_rate", learning_rate, 0);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      check_state(name_, states_[i].mean, parameters_[i]);
      check_state(name_, states_[i].square, parameters_[i]);
    }
    const StepReport report = parameters_.take(source.gradients());
    const double scale = clip_factor(report.gradient_norm, options_.clip_norm);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (parameters_[i].gradient) update(parameters_[i], states_[i], scale);
    return report;
  }

  // Puts the parameters whose path the predicate, of a std::string_view, holds for into a group.
  // The last group that names a parameter counts. Throws Error where there is none, and for factors
  // that are not finite or below 0.
  template <class Predicate>
  void group(const Predicate& predicate, const ParameterGroup& group) {
    parameters_.set_group(predicate, group);
  }

  // Tells a tape's gradients, or lanes, which parameters are frozen, so that no one computes
  // theirs.
  template <class Target>
  void freeze_into(Target& target) const {
    parameters_.freeze_into(target);
  }

  // Calls visitor(name, value) for all that a step depends on beside its state and learning rate.
  void visit_settings(auto&& visitor) const {
    visitor(name_, 1.0);
    visitor("beta1", options_.beta1);
    visitor("beta2", options_.beta2);
    visitor("epsilon", options_.epsilon);
    visitor("weight_decay", options_.weight_decay);
    visitor("clip_norm", options_.clip_norm);
    parameters_.visit_settings(visitor);
  }

  // The state, as the parameters of a model: "<path>.mean", "<path>.square", "<path>.steps".
  void visit(auto&& visitor) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      visitor(parameters_[i].path + ".mean", states_[i].mean);
      visitor(parameters_[i].path + ".square", states_[i].square);
      visitor(parameters_[i].path + ".steps", states_[i].steps);
    }
  }

 protected:
  AdamOptimizer(const char* name, const std::vector<AnyParameter>& parameters,
                const Options& options)
      : learning_rate(options.learning_rate),
        name_(name),
        options_(options),
        parameters_(name, parameters) {
    check_option(name, "learning_rate", options.learning_rate, 0);
    check_option(name, "beta1", options.beta1, 0, 1);
    check_option(name, "beta2", options.beta2, 0, 1);
    check_option(name, "epsilon", options.epsilon, 0);
    if (!(static_cast<T>(options.epsilon) > 0))  // an element without a gradient would be 0 / 0
      fail(name, "epsilon must be greater than zero", std::to_string(options.epsilon));
    check_option(name, "weight_decay", options.weight_decay, 0);
    check_option(name, "clip_norm", options.clip_norm, 0);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      states_.push_back({{Tensor<T, dynamic>(parameters_[i].count)},
                         {Tensor<T, dynamic>(parameters_[i].count)},
                         {}});
  }

 private:
  struct State {
    OptimizerState<T, dynamic> mean;     // of the gradients
    OptimizerState<T, dynamic> square;   // mean of their squares
    OptimizerState<std::int64_t> steps;  // made with a gradient for this parameter
  };

  void update(const OptimizedParameter<T>& parameter, State& state, double scale) const {
    const auto t = static_cast<double>(++*state.steps.value.data());
    const double rate = learning_rate * parameter.group.learning_rate_factor;
    const double decay = parameter.group.weight_decay_factor * options_.weight_decay;
    constexpr bool decoupled = kind == WeightDecay::decoupled;
    const kernels::AdamCoefficients<T> coefficients{
        .step = static_cast<T>(rate / (1 - std::pow(options_.beta1, t))),
        .root_correction = static_cast<T>(1 / std::sqrt(1 - std::pow(options_.beta2, t))),
        .beta2 = static_cast<T>(options_.beta2),
        .one_minus_beta1 = static_cast<T>(1 - options_.beta1),
        .one_minus_beta2 = static_cast<T>(1 - options_.beta2),
        .epsilon = static_cast<T>(options_.epsilon),
        .keep = static_cast<T>(decoupled ? 1 - rate * decay : 1),
        .coupled_decay = static_cast<T>(decoupled ? 0 : decay),
        .gradient_scale = static_cast<T>(scale)};
    kernels::adam_update(parameter.count, parameter.value, parameter.gradient,
                         state.mean.value.data(), state.square.value.data(), coefficients);
  }

  const char* name_;
  Options options_;
  ParameterList<T> parameters_;
  std::vector<State> states_;
};

}  // namespace weft::detail
