#pragma once

#include <weft/optim/parameters.hpp>

namespace weft::inline WEFT_TARGET {

struct SGDOptions {
  double learning_rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  double clip_norm = 0;  // greatest global norm of the gradients; 0: any
};

// Stochastic gradient descent with momentum, as in PyTorch: with g the gradient of x,
//   g = g + weight_decay x;   v = momentum v + g;
//   x = x - learning_rate (nesterov ? g + momentum v : v).
// Sutskever et al. 2013, "On the importance of initialization and momentum", section 2.
//
// Every optimiser: `step(tape)` updates the model from its gradients collected on a tape (or on
// anything with gradients()) and clears these. It remembers where the elements of the parameters
// lie: the model must outlive the optimiser and may be moved, but `model = another` leaves it with
// memory that is gone.
template <class T = float>
class SGD {
 public:
  double learning_rate;  // set it before a step to follow a schedule

  // Throws Error for options out of range.
  template <class Model>
  explicit SGD(Model& model, const SGDOptions& options = {})
      : learning_rate(options.learning_rate),
        options_(options),
        parameters_(name, parameters_of(model)) {
    detail::check_option(name, "learning_rate", options.learning_rate, 0);
    detail::check_option(name, "momentum", options.momentum, 0);
    detail::check_option(name, "weight_decay", options.weight_decay, 0);
    detail::check_option(name, "clip_norm", options.clip_norm, 0);
    if (options.nesterov && options.momentum == 0)
      fail(name, "nesterov needs a momentum above 0", "momentum 0");
    if (options.momentum == 0) return;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      velocities_.push_back({Tensor<T, dynamic>(parameters_[i].count)});
  }

  // One step. Parameters without gradient stay as they are, and are named in the report. Throws
  // Error, with no parameter changed, where a gradient is not finite; the message names it.
  template <class Source>
  StepReport step(Source& source) {
    detail::check_option(name, "learning_rate", learning_rate, 0);
    for (std::size_t i = 0; i < velocities_.size(); ++i)
      detail::check_state(name, velocities_[i], parameters_[i]);
    const StepReport report = parameters_.take(source.gradients());
    const double scale = clip_factor(report.gradient_norm, options_.clip_norm);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (parameters_[i].gradient) update(i, scale);
    return report;
  }

  // Puts the parameters whose path the predicate, of a std::string_view, holds for into a group.
  // The last group that names a parameter counts. Throws Error where there is none, and for factors
  // that are not finite or below 0.
  template <class Predicate>
  void group(const Predicate& predicate, const ParameterGroup& group) {
    parameters_.set_group(predicate, group);
  }

  // Tells a tape's gradients which parameters are frozen, so that no one computes theirs.
  template <class Gradients>
  void freeze_into(Gradients& gradients) const {
    parameters_.freeze_into(gradients);
  }

  // Calls visitor(name, value) for all that a step depends on beside its state and learning rate.
  void visit_settings(auto&& visitor) const {
    visitor(name, 1.0);
    visitor("momentum", options_.momentum);
    visitor("nesterov", options_.nesterov ? 1.0 : 0.0);
    visitor("weight_decay", options_.weight_decay);
    visitor("clip_norm", options_.clip_norm);
    parameters_.visit_settings(visitor);
  }

  // The state, as the parameters of a model: "<path>.velocity".
  void visit(auto&& visitor) {
    for (std::size_t i = 0; i < velocities_.size(); ++i)
      visitor(parameters_[i].path + ".velocity", velocities_[i]);
  }

 private:
  static constexpr const char* name = "SGD";

  void update(std::size_t i, double scale) {
    const detail::OptimizedParameter<T>& parameter = parameters_[i];
    const kernels::SgdCoefficients<T> coefficients{
        .learning_rate = static_cast<T>(learning_rate * parameter.group.learning_rate_factor),
        .momentum = static_cast<T>(options_.momentum),
        .weight_decay =
            static_cast<T>(parameter.group.weight_decay_factor * options_.weight_decay),
        .gradient_scale = static_cast<T>(scale),
        .nesterov = options_.nesterov};
    T* velocity = velocities_.empty() ? nullptr : velocities_[i].value.data();
    kernels::sgd_update(parameter.count, parameter.value, parameter.gradient, velocity,
                        coefficients);
  }

  SGDOptions options_;
  detail::ParameterList<T> parameters_;
  std::vector<OptimizerState<T, dynamic>> velocities_;
};

template <class Model>
SGD(Model&, const SGDOptions& = {}) -> SGD<element_of_model<Model>>;

}  // namespace weft
