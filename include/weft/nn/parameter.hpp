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

// A part of a module that is switched off: hands on what it is given, and has no parameters.
struct Absent {
  const auto& operator()(const auto& x) const { return x; }
  void visit(auto&&) {}
};

// A member that a module has or has not.
template <bool Present, class Member>
using Optional = std::conditional_t<Present, Member, Absent>;

}  // namespace weft::nn
