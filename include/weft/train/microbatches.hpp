#pragma once

#include <weft/autograd/tape.hpp>
#include <weft/core/parallel.hpp>

#include <algorithm>
#include <cstddef>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// Rows [begin, begin + count) of a batch.
struct RowRange {
  std::size_t begin, count;
};

// The rows of one of several equal parts: rows / parts, and one more for the first rows % parts.
constexpr RowRange share_of_rows(std::size_t rows, std::size_t parts, std::size_t part) {
  const std::size_t each = rows / parts;
  const std::size_t more = rows % parts;
  return {part * each + std::min(part, more), each + (part < more ? 1 : 0)};
}

// The part of `range` that microbatch number `index` of at most `size` rows covers.
constexpr RowRange microbatch_of(RowRange range, std::size_t size, std::size_t index) {
  const std::size_t done = index * size;
  return {range.begin + done, std::min(size, range.count - done)};
}

constexpr std::size_t number_of_microbatches(std::size_t rows, std::size_t size) {
  return rows / size + (rows % size > 0 ? 1 : 0);
}

// Calls function(begin, count) for consecutive pieces of `rows` rows, each of at most `microbatch`,
// on up to `threads` threads: for evaluation, where results are written at the place of their row
// or of their piece, begin / microbatch. Exceptions arrive as from parallel_for().
// Throws Error where microbatch is zero.
template <class Function>
void for_each_microbatch(std::size_t rows, std::size_t microbatch, int threads,
                         Function&& function) {
  if (microbatch == 0) fail("for_each_microbatch", "a microbatch has at least one row");
  parallel_for(number_of_microbatches(rows, microbatch), threads,
               [&](std::size_t index, int) {
                 const RowRange piece = microbatch_of({0, rows}, microbatch, index);
                 function(piece.begin, piece.count);
               });
}

}  // namespace weft

namespace weft::inline WEFT_TARGET::detail {

// Bytes that the forward pass of a microbatch may take: so much that with its backward pass it
// stays in the 1 to 2 MiB of a core's second-level cache. But weights, packed weights and their
// gradients pass through that cache for every microbatch; where they are large, activations may
// take as much, so that they pass less often (4 % at width 256). Twice as much was no faster.
inline std::size_t forward_bytes(std::size_t parameter_bytes) {
  return std::max(std::size_t{7} << 17, parameter_bytes * 9 / 4);
}

// The rows of a microbatch: the greatest power of two of rows whose forward pass, judged by that of
// row 0, takes at most forward_bytes(). It depends on the shapes in the model and on nothing else.
template <class Loss>
std::size_t measured_microbatch(Loss& loss, const Random& random, std::size_t parameter_bytes) {
  const std::size_t most = forward_bytes(parameter_bytes);
  Tape tape;
  tape.random = random;
  tape.arena().allocate<std::byte>(most);
  tape.arena().reset();
  const std::size_t capacity = tape.arena().capacity();
  loss(tape, std::size_t{0}, std::size_t{1});
  if (tape.arena().capacity() > capacity) return 1;
  const std::size_t used = std::max(tape.arena().mark().used, alignment);
  std::size_t rows = 1;
  while (2 * rows * used <= most) rows *= 2;
  return rows;
}

}  // namespace weft::detail
