#pragma once

#include <weft/core/tensor.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::nn {

// Fixed position vectors, which training does not change:
//   table(n, 2 i) = sin(n / Base^(2 i / Width)),   table(n, 2 i + 1) = cos of the same.
// Vaswani et al. 2017, section 3.5. A smaller base tells the positions of short texts apart better.
template <std::size_t Count, std::size_t Width, class T = float, std::size_t Base = 10000>
struct SinusoidalPositions {
  using element_type = T;

  Tensor<T, Count, Width> weight{uninitialized};

  SinusoidalPositions() {
    for (std::size_t n = 0; n < Count; ++n)
      for (std::size_t j = 0; j < Width; ++j) {
        const double exponent = static_cast<double>(j - j % 2) / static_cast<double>(Width);
        const double angle = static_cast<double>(n) / std::pow(static_cast<double>(Base), exponent);
        weight(n, j) = static_cast<T>(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
      }
  }

  void visit(auto&&) {}
};

}  // namespace weft::nn
