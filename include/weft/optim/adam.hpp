#pragma once

#include <weft/optim/adam_optimizer.hpp>

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
// Kingma and Ba 2015, "Adam", algorithm 1. The model must outlive the optimiser, see SGD.
template <class T = float>
class Adam : public detail::AdamOptimizer<T, AdamOptions, detail::WeightDecay::coupled> {
 public:
  // Throws Error for options out of range.
  template <class Model>
  explicit Adam(Model& model, const AdamOptions& options = {})
      : Adam::AdamOptimizer("Adam", parameters_of(model), options) {}
};

template <class Model>
Adam(Model&, const AdamOptions& = {}) -> Adam<element_of_model<Model>>;

}  // namespace weft
