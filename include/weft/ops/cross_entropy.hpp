#pragma once

#include <weft/kernels/cross_entropy.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

struct CrossEntropyOptions {
  int ignore = -1;  // a target that is not counted
};

namespace detail {

template <class T>
struct CrossEntropy {
  static constexpr const char* name = "cross_entropy";
  int ignore;
  std::size_t count = 0;                      // of targets that are not ignored
  kernels::RowSoftmax<T>* softmax = nullptr;  // of each row

  void forward(Memory& memory, auto y, auto logits, auto targets) {
    const auto [rows, classes, one] = rows_of(logits.shape());
    if (memory.is_recording()) softmax = memory.allocate<kernels::RowSoftmax<T>>(rows);
    count = counted(targets.data(), rows, classes);
    *y.data() = kernels::cross_entropy(logits.data(), targets.data(), rows, classes, ignore,
                                       count, softmax);
  }

  void backward(auto y, auto logits, auto targets) const {
    const auto [rows, classes, one] = rows_of(logits.shape());
    if (auto dx = logits.target())
      kernels::cross_entropy_backward(logits.data(), targets.data(), rows, classes, ignore,
                                      count, softmax, *y.gradient_data(), dx.data, dx.write);
  }

 private:
  // The number of targets that count. Throws Error where one names no class.
  std::size_t counted(const int* targets, std::size_t rows, std::size_t classes) const {
    std::size_t result = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      if (targets[i] == ignore) continue;
      if (targets[i] < 0 || static_cast<std::size_t>(targets[i]) >= classes)
        fail(name, "a target must be a class or the ignored value",
             "target " + std::to_string(targets[i]) + " at " + std::to_string(i) + ", " +
                 std::to_string(classes) + " classes, ignored " + std::to_string(ignore));
      ++result;
    }
    return result;
  }
};

[[gnu::noinline]] inline void check_targets(AnyShape logits, AnyShape targets) {
  if (targets.leading() != logits.leading())
    fail("cross_entropy", "logits and targets must have the same leading extent",
         to_string(logits) + " and " + to_string(targets));
}

}  // namespace detail

// How many targets are not options.ignore: over how many cross_entropy is the mean. What its means
// count for where they are put together, see Lanes::step().
template <Operand Targets>
  requires(!TapedOperand<Targets>)
std::size_t counted_targets(const Targets& targets, CrossEntropyOptions options = {}) {
  Scratch scratch;
  const AnyVariable<int> all = detail::lift(scratch, detail::any_operand(targets));
  std::size_t counted = 0;
  for (std::size_t i = 0; i < all.size(); ++i) counted += all.data()[i] != options.ignore;
  return counted;
}

// The mean of -log softmax(logits)[target] over the targets that are not options.ignore, a scalar;
// 0 with zero gradient where there is none. logits: (..., class), targets: integers of shape (...).
//
// Fused: the gradient is (softmax(logits) - onehot(target)) / count, and no softmax is kept for it.
// Throws Error where a target is neither a class nor ignored, and where the leading extents differ
// at run time.
template <Operand Logits, Operand Targets>
auto cross_entropy(const Logits& logits, const Targets& targets, CrossEntropyOptions options = {}) {
  using T = element_of<Logits>;
  using S = shape_of<Logits>;
  constexpr bool valid = S::rank > 0 && std::is_same_v<element_of<Targets>, int> &&
                         compatible<shape_of<Targets>, detail::without_last_axis<S>>;
  static_assert(valid,
                "weft: cross_entropy(logits, targets) needs logits of shape (..., class) and int "
                "targets of shape (...)");
  if constexpr (valid) {
    if (S::rank > 1) detail::check_targets(any_shape(logits), any_shape(targets));
    return apply<T, Shape<>>(detail::CrossEntropy<T>{options.ignore}, 1, logits, targets);
  } else {
    return apply<T, Shape<>>(detail::Refused{}, 1, logits, targets);
  }
}

}  // namespace weft
