#pragma once

#include <weft/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace weft::inline WEFT_TARGET {

// CRC-64/XZ: the remainder of a text, taken as a polynomial over GF(2), by the polynomial of
// ECMA-182, bits reflected, first and last inverted. It notices every single flipped bit, every
// burst of up to 64 bits, and all but one in 2^64 of other damages. Against intent it is no help.
class Crc64 {
 public:
  void add(const void* data, std::size_t bytes) {
    static const Table table;
    const auto* byte = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < bytes; ++i)
      remainder_ = remainder_ >> 8 ^ table.remainders[(remainder_ ^ byte[i]) & 0xFF];
  }

  // Of all that was added so far.
  std::uint64_t value() const { return ~remainder_; }

 private:
  // The remainders of the 256 bytes. Made at run time: by the compiler it would take an eighth of
  // the time that xsimd takes to compile, wherever this is included.
  struct Table {
    Table() {
      for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit)
          remainder = remainder >> 1 ^ (remainder & 1 ? 0xC96C5795D7870F42u : 0u);
        remainders[byte] = remainder;
      }
    }
    std::uint64_t remainders[256];
  };

  std::uint64_t remainder_ = ~std::uint64_t{0};
};

}  // namespace weft
