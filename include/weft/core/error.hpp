#pragma once

#include <weft/core/config.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::inline WEFT_TARGET {

// The one exception weft throws, but for std::bad_alloc where memory runs out. what() reads
// "[operation] rule: values".
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string_view operation,
                                                        std::string_view rule,
                                                        std::string_view values = {}) {
  std::string message = "[";
  message.append(operation).append("] ").append(rule);
  if (!values.empty()) message.append(": ").append(values);
  throw Error(message);
}

}  // namespace weft
