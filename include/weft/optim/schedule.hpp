#pragma once

#include <weft/core/config.hpp>

#include <cmath>
#include <cstddef>

// Schedules: from the number of a step, the first being 0, to the factor of the peak learning rate.
//
//   using namespace schedule;
//   const Product rate{LinearWarmup{100}, Cosine{900, 0.1}};
//   optimizer.learning_rate = peak * rate(step);

namespace weft::inline WEFT_TARGET::schedule {

// 1 at every step.
struct Constant {
  double operator()(std::size_t) const { return 1; }
};

// min(1, (step + 1) / steps).
struct LinearWarmup {
  std::size_t steps;

  double operator()(std::size_t step) const {
    return step + 1 >= steps ? 1 : static_cast<double>(step + 1) / static_cast<double>(steps);
  }
};

// floor + (1 - floor) (1 + cos(pi step / steps)) / 2, and floor from there on.
// Loshchilov and Hutter 2017, "SGDR", section 3, without restarts.
struct Cosine {
  std::size_t steps;
  double floor = 0;

  double operator()(std::size_t step) const {
    constexpr double pi = 3.14159265358979323846;
    if (step >= steps) return floor;
    const double angle = pi * static_cast<double>(step) / static_cast<double>(steps);
    return floor + (1 - floor) * (1 + std::cos(angle)) / 2;
  }
};

// A linear rise to 1 over warmup >= 1 steps, then sqrt(warmup / (step + 1)).
// Vaswani et al. 2017, "Attention is all you need", section 5.3, scaled to a peak of 1.
struct InverseSquareRoot {
  std::size_t warmup = 1;

  double operator()(std::size_t step) const {
    const double ratio = static_cast<double>(step + 1) / static_cast<double>(warmup);
    return ratio < 1 ? ratio : 1 / std::sqrt(ratio);
  }
};

// Both factors at once: Product{LinearWarmup{100}, Cosine{900}}.
template <class First, class Second>
struct Product {
  First first;
  Second second;

  double operator()(std::size_t step) const { return first(step) * second(step); }
};
template <class First, class Second>
Product(First, Second) -> Product<First, Second>;

// The first schedule for a number of steps, then the second, which counts from 0 again.
template <class First, class Second>
struct Sequence {
  First first;
  std::size_t steps;
  Second second;

  double operator()(std::size_t step) const {
    return step < steps ? first(step) : second(step - steps);
  }
};
template <class First, class Second>
Sequence(First, std::size_t, Second) -> Sequence<First, Second>;

}  // namespace weft::schedule
