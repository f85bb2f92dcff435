#pragma once

#include <weft/kernels/squared_error.hpp>
#include <weft/ops/broadcast.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct MeanSquaredError {
  static constexpr const char* name = "mean_squared_error";

  void forward(Memory&, auto y, auto prediction, auto target) const {
    using T = typename decltype(prediction)::value_type;
    const std::size_t count = prediction.size();
    *y.data() = kernels::squared_error(count, prediction.data(), target.data()) /
                static_cast<T>(count);
  }
  // dp = 2 (p - t) dy / n, dt = -dp
  void backward(auto y, auto prediction, auto target) const {
    using T = typename decltype(prediction)::value_type;
    const std::size_t count = prediction.size();
    const T factor = T{2} * *y.gradient_data() / static_cast<T>(count);
    if (auto dp = prediction.target())
      kernels::scaled_difference(count, factor, prediction.data(), target.data(), dp.data,
                                 dp.write);
    if (auto dt = target.target())
      kernels::scaled_difference(count, factor, target.data(), prediction.data(), dt.data,
                                 dt.write);
  }
};

[[gnu::noinline]] inline void check_squared_error(AnyShape prediction, AnyShape target) {
  check_broadcast("mean_squared_error", prediction, target);
  if (prediction.size() == 0)
    fail("mean_squared_error", "there must be at least one element", to_string(prediction));
}

}  // namespace detail

// The mean of (prediction - target)^2 over all elements, a scalar; both of the same shape, and both
// get a gradient. Throws Error where a dynamic extent does not fit or there are no elements.
template <Operand P, Operand T>
auto mean_squared_error(const P& prediction, const T& target) {
  using Element = element_of<P>;
  constexpr bool same_elements = same_real_elements<P, T>;
  constexpr bool same_shapes = compatible<shape_of<P>, shape_of<T>>;
  static_assert(same_elements, "weft: both operands need elements of float, or both of double");
  static_assert(same_shapes,
                "weft: mean_squared_error(prediction, target) needs operands of the same shape");
  if constexpr (same_elements && same_shapes) {
    detail::check_squared_error(any_shape(prediction), any_shape(target));
    return apply<Element, Shape<>>(detail::MeanSquaredError{}, 1, prediction, target);
  } else {
    return apply<Element, Shape<>>(detail::Refused{}, 1, prediction, target);
  }
}

}  // namespace weft
