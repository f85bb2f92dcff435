#pragma once

#include <weft/kernels/reduce.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// What the gradient of a row needs of its softmax, exp(x - greatest) normalizer.
template <class T>
struct RowSoftmax {
  T greatest, normalizer;  // the latter with the 1 / count of the mean
};

// The sum over rows of -log softmax(logits)[target] / count, without the rows whose target is
// `ignore`. Other targets lie in [0, classes).
//
// logits: (rows, classes), targets: (rows). Where softmax is not null it becomes what
// cross_entropy_backward() needs, for each row that counts. That computes the exponentials once
// more: to keep them takes as much memory again as the logits.
template <class T, class Index>
[[gnu::flatten]] T cross_entropy(const T* logits, const Index* targets, std::size_t rows,
                                 std::size_t classes, Index ignore, std::size_t count,
                                 RowSoftmax<T>* softmax) {
  using Batch = simd::Batch<T>;
  const Batch zero(T{0});
  const T weight = T{1} / static_cast<T>(count);
  double total = 0;
  // Step by step for some rows at a time, so that no step of a row waits for the one before.
  constexpr std::size_t block = 16;
  T greatest[block], sum[block];
  for (std::size_t begin = 0; begin < rows; begin += block) {
    const std::size_t size = std::min(block, rows - begin);
    const T* const first_row = logits + begin * classes;
    for (std::size_t i = 0; i < size; ++i) greatest[i] = row_max(first_row + i * classes, classes);
    for (std::size_t i = 0; i < size; ++i) {
      const T* row = first_row + i * classes;
      Batch sums = zero;
      for_each_register<T>(classes, [&](std::size_t j, auto part) {
        sums += part.only(simd::exp_fast(part.load(row + j) - Batch(greatest[i])), zero);
      });
      sum[i] = simd::sum(sums);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const Index target = targets[begin + i];
      if (target == ignore) continue;
      total += static_cast<double>(std::log(sum[i])) + static_cast<double>(greatest[i]) -
               static_cast<double>(first_row[i * classes + static_cast<std::size_t>(target)]);
      if (softmax) softmax[begin + i] = {greatest[i], weight / sum[i]};
    }
  }
  return count > 0 ? static_cast<T>(total / static_cast<double>(count)) : T{0};
}

// dx = or += factor (softmax(logits) - onehot(target)) / count, zeros in ignored rows, from what
// cross_entropy() left.
template <class T, class Index>
[[gnu::flatten]] void cross_entropy_backward(const T* logits, const Index* targets,
                                             std::size_t rows, std::size_t classes, Index ignore,
                                             std::size_t count, const RowSoftmax<T>* softmax,
                                             T factor, T* dx, Write write) {
  using Batch = simd::Batch<T>;
  constexpr std::size_t width = simd::width<T>;
  const Batch zero(T{0}), scale(factor), lane = simd::load(detail::lanes<T>.number);
  const Batch weight(T{1} / static_cast<T>(count));
  // What is taken from a register of the softmax: nothing, or the weight where the target is.
  alignas(alignment) T taken[2 * width] = {};
  for (std::size_t i = 0; i < rows; ++i, logits += classes, dx += classes) {
    if (targets[i] == ignore) {
      if (write == Write::store) clear_row(dx, classes);
      continue;
    }
    const Batch greatest(softmax[i].greatest), normalizer(softmax[i].normalizer);
    const std::size_t target = static_cast<std::size_t>(targets[i]), its_lane = target % width;
    simd::store(taken + width,
                simd::select(lane == Batch(static_cast<T>(its_lane)), weight, zero));
    for_each_register<T>(classes, [&](std::size_t j, auto part) {
      const Batch p = simd::exp_fast(part.load(logits + j) - greatest) * normalizer;
      const T* its_taken = taken + (j + its_lane == target ? width : 0);
      part.write(dx + j, scale * (p - simd::load(its_taken)), write);
    });
  }
}

}  // namespace weft::kernels
