#pragma once

#include <weft/optim/adam_optimizer.hpp>

namespace weft::inline WEFT_TARGET {

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  double clip_norm = 0;  // greatest global norm of the gradients; 0: any
};

// AdamW, as in PyTorch: weight decay acts beside the gradient. With g = dx, after t steps with a
// gradient:
//   m = beta1 m + (1 - beta1) g;   s = beta2 s + (1 - beta2) g^2;
//   x = (1 - learning_rate weight_decay) x
//       - learning_rate (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon).
// Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2, without its
// schedule. The model must outlive the optimiser, see SGD.
template <class T = float>
class AdamW : public detail::AdamOptimizer<T, AdamWOptions, detail::WeightDecay::decoupled> {
 public:
  // Throws Error for options out of range.
  template <class Model>
  explicit AdamW(Model& model, const AdamWOptions& options = {})
      : AdamW::AdamOptimizer("AdamW", parameters_of(model), options) {}
};

template <class Model>
AdamW(Model&, const AdamWOptions& = {}) -> AdamW<element_of_model<Model>>;

}  // namespace weft
