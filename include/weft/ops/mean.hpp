#pragma once

#include <weft/ops/operation.hpp>

namespace weft::inline WEFT_TARGET {
namespace detail {
struct Sum {
  static constexpr const char* name = "sum";
  void forward(Memory&, auto y, auto x) const {
    *y.data() = 0;
    for (std::size_t i = 0; i < x.size(); ++i) *y.data() += x.data()[i];
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      for (std::size_t i = 0; i < x.size(); ++i)
        dx.data[i] = (dx.write == Write::add ? dx.data[i] : 0) + *y.gradient_data();
  }
};
}  // namespace detail
template <Operand X>
auto sum(const X& x) {
  return apply<element_of<X>, Shape<>>(detail::Sum{}, 1, x);
}
}  // namespace weft
