#pragma once

#include <weft/ops/scale.hpp>

namespace weft::inline WEFT_TARGET {

// y = -x.
template <Operand X>
auto negate(const X& x) {
  return detail::apply_elementwise(detail::Scale<element_of<X>>{-1}, x);
}

template <Operand X>
auto operator-(const X& x) {
  return negate(x);
}

}  // namespace weft
