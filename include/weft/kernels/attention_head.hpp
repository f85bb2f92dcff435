#pragma once

#include <weft/kernels/softmax.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// The sizes of one head of attention. Query i stands at position i + keys - queries, and sees the
// keys up to there if causal, and only the first `valid` of them; what lies behind those is never
// read. Causal attention needs queries <= keys.
struct AttentionHead {
  std::size_t queries, keys;  // positions
  std::size_t width;          // features of the head
  std::size_t row;            // elements from one position to the next in q, k, v and z
  std::size_t pattern_row;    // elements from one query to the next in the scores and the pattern:
                              // whole_registers<T>(keys), or any greater multiple of a register
  std::size_t valid;          // at most keys
  bool causal;
};

// How many elements the registers take that hold `count` of them.
template <class T>
constexpr std::size_t whole_registers(std::size_t count) {
  return (count + simd::width<T> - 1) / simd::width<T> * simd::width<T>;
}

// How many keys, from the first on, a query sees.
inline std::size_t visible_keys(const AttentionHead& head, std::size_t query) {
  return visible_keys(query, head.queries, head.keys, head.causal ? Mask::causal : Mask::none,
                      head.valid);
}

}  // namespace weft::kernels
