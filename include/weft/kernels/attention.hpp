#pragma once

#include <weft/core/scratch.hpp>
#include <weft/kernels/attention_pattern.hpp>
#include <weft/kernels/gemm.hpp>

// Attention of one head, in phases that a caller can look between:
//
//   attention_scores    S = scale q k^T       (query, key)
//   attention_pattern   P = softmax(S + mask) (query, key), in place of S
//   attention_values    z = P v               (query, feature)
//
// and attention_backward, from dz to dq, dk and dv. Threads are the caller's business.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// Queries [first_query, end_query), which see keys below end_key; the keys from first_key on are
// seen by no query before them.
struct AttentionBlock {
  std::size_t first_query, end_query, first_key, end_key;
};

// Causal work is cut into blocks of this many queries, so that products far from the diagonal are
// skipped. Smaller blocks skip more, larger ones make better products.
inline constexpr std::size_t attention_block = 16;

template <class Function>
void for_each_block(const AttentionHead& head, Function function) {
  const auto limit = [&](std::size_t key) { return key < head.valid ? key : head.valid; };
  if (!head.causal) return function(AttentionBlock{0, head.queries, 0, limit(head.keys)});
  const std::size_t offset = head.keys - head.queries;
  for (std::size_t first = 0; first < head.queries; first += attention_block) {
    const std::size_t next = first + attention_block;
    const std::size_t end = next < head.queries ? next : head.queries;
    function(AttentionBlock{first, end, limit(first == 0 ? 0 : first + offset),
                            limit(end + offset)});
  }
}

// c = a b^T, where a has a row per query and b one per key, for the keys each query may see.
template <class T>
void query_key_product(const AttentionHead& head, const T* a, std::size_t a_row, const T* b,
                       T* c) {
  for_each_block(head, [&](const AttentionBlock& block) {
    gemm(Layout::nt, head.queries - block.first_query, block.end_key - block.first_key, head.width,
         a + block.first_query * a_row, a_row, b + block.first_key * head.row, head.row,
         c + block.first_query * head.pattern_row + block.first_key, head.pattern_row);
  });
}

// c = p b, or +=: a row of c per query, of b per key.
template <class T>
void weigh_keys(const AttentionHead& head, const T* p, const T* b, T* c, Write write) {
  for_each_block(head, [&](const AttentionBlock& block) {
    gemm(Layout::nn, block.end_query - block.first_query, head.width, block.end_key,
         p + block.first_query * head.pattern_row, head.pattern_row, b, head.row,
         c + block.first_query * head.row, head.row, write);
  });
}

// c = p^T b, or +=: a row of c per key, of b per query. Keys that no query sees get zeros.
template <class T>
void weigh_queries(const AttentionHead& head, const T* p, const T* b, T* c, Write write) {
  for_each_block(head, [&](const AttentionBlock& block) {
    gemm(Layout::tn, block.end_key - block.first_key, head.width, head.queries - block.first_query,
         p + block.first_query * head.pattern_row + block.first_key, head.pattern_row,
         b + block.first_query * head.row, head.row, c + block.first_key * head.row, head.row,
         write);
  });
  if (write == Write::add) return;
  for (std::size_t key = head.valid; key < head.keys; ++key)
    for (std::size_t i = 0; i < head.width; ++i) c[key * head.row + i] = T{};
}

}  // namespace detail

// S = scale q k^T. What the mask hides may be left as it was.
template <class T>
void attention_scores(const AttentionHead& head, T scale, const T* q, const T* k, T* scores) {
  Scratch scratch;
  T* scaled = scratch.allocate<T>(head.queries * head.width);
  for (std::size_t i = 0; i < head.queries; ++i)
    for_each_register<T>(head.width, [&](std::size_t j, auto part) {
      part.store(scaled + i * head.width + j,
                 simd::Batch<T>(scale) * part.load(q + i * head.row + j));
    });
  detail::query_key_product(head, scaled, head.width, k, scores);
}

// z = P v. P must be zero where the mask hides a key.
template <class T>
void attention_values(const AttentionHead& head, const T* pattern, const T* v, T* z) {
  detail::weigh_keys(head, pattern, v, z, Write::store);
}

// One operand of the backward pass: its value, and where its gradient goes; null where no one wants
// it.
template <class T>
struct AttentionOperand {
  const T* value;
  T* gradient;
  Write write;
};

// dv = P^T dz,  dP = dz v^T,  dS = scale P (dP - sum over keys of P dP),  dq = dS k,  dk = dS^T q.
//
// The gradients are written in this order: dv, dq, dk, and may be the same memory if the later ones
// add. dscores: memory for dP and dS, laid out like the pattern.
template <class T>
void attention_backward(const AttentionHead& head, T scale, const T* pattern, const T* dz,
                        const AttentionOperand<T>& q, const AttentionOperand<T>& k,
                        const AttentionOperand<T>& v, T* dscores) {
  if (v.gradient) detail::weigh_queries(head, pattern, dz, v.gradient, v.write);
  if (!q.gradient && !k.gradient) return;
  detail::query_key_product(head, dz, head.row, v.value, dscores);
  attention_pattern_backward(head, scale, pattern, dscores);
  if (q.gradient) detail::weigh_keys(head, dscores, k.value, q.gradient, q.write);
  if (k.gradient) detail::weigh_queries(head, dscores, q.value, k.gradient, k.write);
}

}  // namespace weft::kernels
