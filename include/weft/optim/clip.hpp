#pragma once

#include <weft/core/config.hpp>

namespace weft::inline WEFT_TARGET {

// The factor that brings gradients whose global norm is `norm` down to at most `limit`:
//   min(1, limit / (norm + 1e-6)), and 1 where limit is 0.
// The global norm is that of all gradients taken as one vector. Pascanu et al. 2013, "On the
// difficulty of training recurrent neural networks", section 3.2; 1e-6 as in PyTorch.
inline double clip_factor(double norm, double limit) {
  const double factor = limit / (norm + 1e-6);
  return limit > 0 && factor < 1 ? factor : 1;
}

}  // namespace weft
