#pragma once

#include <weft/core/config.hpp>

#include <type_traits>

namespace weft::inline WEFT_TARGET::nn {

// A part of a module that is switched off: hands on what it is given, and has no parameters.
struct Absent {
  const auto& operator()(const auto& x) const { return x; }
  void visit(auto&&) {}
};

// A member that a module has or has not.
template <bool Present, class Member>
using Optional = std::conditional_t<Present, Member, Absent>;

}  // namespace weft::nn
