#pragma once

#include <weft/kernels/softmax.hpp>

namespace weft::inline WEFT_TARGET::kernels {

// The sizes of one head of attention. Query i stands at position i + keys - queries, and sees the
// keys up to there if causal, and only the first `valid` of them; what lies behind those is never
// read. Causal attention needs queries <= keys.
//
// Scores and pattern are stored (key, query): a register holds one key's element for as many
// queries, so that a softmax goes down registers and never across one.
struct AttentionHead {
  std::size_t queries, keys;  // positions
  std::size_t width;          // features of the head
  std::size_t row;            // elements from one position to the next in q, k, v and z
  std::size_t pattern_row;    // elements from one key to the next in the scores and the pattern:
                              // pattern_row<T>(queries), or any greater multiple of a register
  std::size_t valid;          // at most keys
  bool causal;
};

// Queries [begin, end); begin is a multiple of a register.
struct QueryRange {
  std::size_t begin, end;
};

// How many elements the registers take that hold `count` of them.
template <class T>
constexpr std::size_t whole_registers(std::size_t count) {
  return (count + simd::width<T> - 1) / simd::width<T> * simd::width<T>;
}

// The least row for so many queries that goes well through the cache: a walk down a column with a
// step of an even number of cache lines would meet half of its sets, or fewer.
template <class T>
constexpr std::size_t pattern_row(std::size_t queries) {
  constexpr std::size_t line = alignment / sizeof(T);  // a register or more
  if (queries < 8 * line) return whole_registers<T>(queries);
  return ((queries + line - 1) / line | 1) * line;
}

// How many keys, from the first on, a query sees.
inline std::size_t visible_keys(const AttentionHead& head, std::size_t query) {
  return visible_keys(query, head.queries, head.keys, head.causal ? Mask::causal : Mask::none,
                      head.valid);
}

// The first query that a key may be seen by; head.queries where none does.
inline std::size_t first_query(const AttentionHead& head, std::size_t key) {
  const std::size_t offset = head.keys - head.queries;
  return head.causal && key > offset ? key - offset : 0;
}

}  // namespace weft::kernels
