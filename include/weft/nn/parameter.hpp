#pragma once

#include <weft/core/tensor.hpp>
#include <weft/core/visit.hpp>

namespace weft::inline WEFT_TARGET::nn {

// A tensor that training changes. Operations take it like any tensor; on a tape its gradient is
// collected beyond tape.reset(), under the address of its value.
template <class T, std::size_t... Extents>
struct Parameter {
  using is_parameter = void;
  using value_type = T;
  using shape_type = Shape<Extents...>;

  Tensor<T, Extents...> value;
};

}  // namespace weft::nn
