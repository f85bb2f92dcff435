#pragma once

#include <weft/kernels/reduce.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// The sum over rows of -log softmax(logits)[target] / count, without the rows whose target is
// `ignore`. Other targets lie in [0, classes).
//
// logits: (rows, classes), targets: (rows). Where gradient is not null it becomes the gradient
// with respect to the logits, (softmax(logits) - onehot(target)) / count, zeros in ignored rows.
template <class T, class Index>
[[gnu::flatten]] T cross_entropy(const T* logits, const Index* targets, std::size_t rows,
                                 std::size_t classes, Index ignore, std::size_t count,
                                 T* gradient) {
  using Batch = simd::Batch<T>;
  const Batch zero(T{0});
  double total = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const T* row = logits + i * classes;
    T* target_row = gradient ? gradient + i * classes : nullptr;
    if (targets[i] == ignore) {
      if (gradient) clear_row(target_row, classes);
      continue;
    }
    const auto target = static_cast<std::size_t>(targets[i]);
    const T greatest = row_max(row, classes);
    Batch sums = zero;
    for_each_register<T>(classes, [&](std::size_t j, auto part) {
      const Batch e = simd::exp_fast(part.load(row + j) - Batch(greatest));
      if (gradient) part.store(target_row + j, e);
      sums += part.only(e, zero);
    });
    const T sum = simd::sum(sums);
    total += static_cast<double>(std::log(sum)) + static_cast<double>(greatest) -
             static_cast<double>(row[target]);
    if (!gradient) continue;
    const T weight = T{1} / static_cast<T>(count);
    const Batch normalizer(weight / sum);
    for_each_register<T>(classes, [&](std::size_t j, auto part) {
      part.store(target_row + j, part.load(target_row + j) * normalizer);
    });
    target_row[target] -= weight;
  }
  return count > 0 ? static_cast<T>(total / static_cast<double>(count)) : T{0};
}

}  // namespace weft::kernels
