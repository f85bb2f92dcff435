#pragma once

#include <weft/core/config.hpp>

#include <cstdint>

namespace weft::inline WEFT_TARGET {

// To be written: Philox4x32-10.
class Random {
 public:
  explicit Random(std::uint64_t seed) : key_(seed) {}

 private:
  std::uint64_t key_;
};

}  // namespace weft
