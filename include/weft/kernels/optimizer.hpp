#pragma once

#include <weft/kernels/rows.hpp>
#include <weft/simd/math.hpp>

// The updates of the optimisers: one pass over a parameter, its gradient and its state.

namespace weft::inline WEFT_TARGET::kernels {

// What the steps of all elements of a parameter share in stochastic gradient descent.
template <class T>
struct SgdCoefficients {
  T learning_rate;
  T momentum;
  T weight_decay;
  T gradient_scale;  // the factor of gradient clipping
  bool nesterov;
};

// With g the scaled gradient plus weight_decay times the value, and v the velocity:
//   v = momentum v + g;   value -= learning_rate (nesterov ? g + momentum v : v).
// velocity may be null where momentum is 0.
template <class T>
void sgd_update(std::size_t count, T* value, const T* gradient, T* velocity,
                const SgdCoefficients<T>& coefficients) {
  using Batch = simd::Batch<T>;
  const Batch rate(coefficients.learning_rate);
  const Batch momentum(coefficients.momentum);
  const Batch decay(coefficients.weight_decay);
  const Batch scale(coefficients.gradient_scale);

  for_each_register<T>(count, [&](std::size_t i, auto part) {
    const Batch x = part.load(value + i);
    const Batch g = simd::fma(decay, x, scale * part.load(gradient + i));
    Batch direction = g;
    if (velocity) {
      const Batch v = simd::fma(momentum, part.load(velocity + i), g);
      part.store(velocity + i, v);
      direction = coefficients.nesterov ? simd::fma(momentum, v, g) : v;
    }
    part.store(value + i, x - rate * direction);
  });
}

// What the steps of all elements of a parameter share in Adam.
template <class T>
struct AdamCoefficients {
  T step;              // learning rate / (1 - beta1^t)
  T root_correction;   // 1 / sqrt(1 - beta2^t)
  T beta2;
  T one_minus_beta1;
  T one_minus_beta2;
  T epsilon;
  T keep;              // factor of the value: 1 - learning rate * decoupled weight decay
  T coupled_decay;     // of the value, added to the gradient
  T gradient_scale;    // the factor of gradient clipping
};

// With g the scaled gradient plus coupled_decay times the value, and m, s the running means of
// g and g^2:
//   m = beta1 m + (1 - beta1) g;   s = beta2 s + (1 - beta2) g^2;
//   value = keep value - step m / (root_correction sqrt(s) + epsilon).
template <class T>
void adam_update(std::size_t count, T* value, const T* gradient, T* mean, T* square,
                 const AdamCoefficients<T>& coefficients) {
  using Batch = simd::Batch<T>;
  const Batch step(coefficients.step);
  const Batch root_correction(coefficients.root_correction);
  const Batch beta2(coefficients.beta2);
  const Batch one_minus_beta1(coefficients.one_minus_beta1);
  const Batch one_minus_beta2(coefficients.one_minus_beta2);
  const Batch epsilon(coefficients.epsilon);
  const Batch keep(coefficients.keep);
  const Batch coupled_decay(coefficients.coupled_decay);
  const Batch scale(coefficients.gradient_scale);

  for_each_register<T>(count, [&](std::size_t i, auto part) {
    const Batch x = part.load(value + i);
    const Batch g = simd::fma(coupled_decay, x, scale * part.load(gradient + i));
    const Batch old_mean = part.load(mean + i);
    const Batch m = simd::fma(one_minus_beta1, g - old_mean, old_mean);
    const Batch s = simd::fma(beta2, part.load(square + i), one_minus_beta2 * g * g);
    part.store(mean + i, m);
    part.store(square + i, s);
    const Batch denominator = simd::fma(root_correction, simd::sqrt(s), epsilon);
    part.store(value + i, keep * x - step * m / denominator);
  });
}

// Sum of squares in double. The order of the sum does not depend on the instruction set.
template <class T>
double sum_of_squares(std::size_t count, const T* x) {
  constexpr std::size_t lanes = 16;
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const double element = static_cast<double>(x[i + lane]);
      sums[lane] += element * element;
    }
  for (std::size_t lane = 0; i + lane < count; ++lane) {
    const double element = static_cast<double>(x[i + lane]);
    sums[lane] += element * element;
  }
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

}  // namespace weft::kernels
