#pragma once

#include <weft/optim/moments.hpp>

namespace weft::inline WEFT_TARGET {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double clip_norm = 0;  // greatest global norm of the gradients; 0: any
};

// Adam, as in PyTorch: weight decay, if any, is part of the gradient. With g = dx + weight_decay x,
// after t steps with a gradient:
//   m = beta1 m + (1 - beta1) g;   s = beta2 s + (1 - beta2) g^2;
//   x = x - learning_rate (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon).
// Kingma and Ba 2015, "Adam", algorithm 1. The model must outlive the optimiser.
template <class T = float>
class Adam {
 public:
  double learning_rate;  // set it before a step to follow a schedule

  // Throws Error for options out of range.
  template <class Model>
  explicit Adam(Model& model, const AdamOptions& options = {})
      : learning_rate(options.learning_rate),
        options_(options),
        moments_("Adam", parameters_of(model), options) {}

  // One step. Parameters without gradient stay as they are, and are named in the report. Throws
  // Error, with nothing changed, where a gradient is not finite; the message names the parameter.
  template <class Source>
  StepReport step(Source& source) {
    using enum detail::WeightDecay;
    return moments_.step(source.gradients(), options_, learning_rate, coupled);
  }

  // Puts the parameters whose path the predicate, of a std::string_view, holds for into a group.
  // The last group that names a parameter counts. Throws Error where there is none.
  template <class Predicate>
  void group(const Predicate& predicate, const ParameterGroup& group) {
    moments_.parameters().set_group(predicate, group);
  }

  // Tells a tape's gradients which parameters are frozen, so that no one computes theirs.
  template <class Gradients>
  void freeze_into(Gradients& gradients) const {
    moments_.parameters().freeze_into(gradients);
  }

  // The state, as the parameters of a model: "<path>.mean", "<path>.square", "<path>.steps".
  void visit(auto&& visitor) { moments_.visit(visitor); }

 private:
  AdamOptions options_;
  detail::Moments<T> moments_;
};

template <class Model>
Adam(Model&, const AdamOptions& = {}) -> Adam<element_of_model<Model>>;

}  // namespace weft
