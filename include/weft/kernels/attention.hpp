#pragma once

#include <weft/core/scratch.hpp>
#include <weft/kernels/attention_pattern.hpp>
#include <weft/kernels/gemm.hpp>

// Attention of one head, in phases that a caller can look between:
//
//   attention_scores    S = scale q k^T       (key, query)
//   attention_pattern   P = softmax(S + mask) (key, query), in place of S
//   attention_values    z = P v               (query, feature)
//
// and attention_backward, from dz to dq, dk and dv, in phases as well. Each of the three above can
// be run for a range of queries, so that all go over one range while its part of the pattern is in
// the cache; the bits do not depend on it. Threads are the caller's business.

namespace weft::inline WEFT_TARGET::kernels {

namespace detail {

// Multiplies by one panel, mostly for one tile's rows; panel and tile are made once for many.
template <class T>
[[gnu::always_inline]] inline void multiply_rows(std::size_t rows, const Panel<T>& panel,
                                                 const Tile<T>& tile) {
  const Tiles<T>& tiles = *panel.tiles;
  if (rows == tiles.heights[0]) tiles.functions[0](tile);
  else if (rows == tiles.heights[1]) tiles.functions[1](tile);
  else multiply_panel(rows, panel, Tile<T>(tile));
}

// A matrix with a row per position, that can be read in whole registers.
template <class T>
struct PositionRows {
  const T* data;
  std::size_t row;
};

// x itself where its rows end on registers, else a copy with zeros behind each.
template <class T>
PositionRows<T> readable_rows(const AttentionHead& head, std::size_t count, const T* x,
                              Scratch& scratch) {
  constexpr std::size_t half = simd::half_width<T>, whole = simd::width<T>;
  if (head.width % whole == 0 || (head.width % half == 0 && head.width > whole))
    return {x, head.row};
  const std::size_t row = whole_registers<T>(head.width);
  T* copy = scratch.allocate<T>(count * row + whole);
  pack_rows(count, head.width, x, head.row, copy, row);
  return {copy, row};
}

// x (query, feature) as (feature, query), rows of head.pattern_row, zeros behind the last query; a
// register behind the last row.
template <class T>
T* transposed_queries(const AttentionHead& head, const T* x, std::size_t x_row, Scratch& scratch) {
  T* result = scratch.allocate<T>(head.width * head.pattern_row + simd::width<T>);
  const std::size_t last = head.queries - head.queries % simd::width<T>;
  for (std::size_t i = 0; i < head.width; ++i)
    for (std::size_t j = last; j < head.pattern_row; j += simd::width<T>)
      simd::store(result + i * head.pattern_row + j, simd::Batch<T>(T{0}));
  simd::transpose(x, x_row, head.queries, head.width, result, head.pattern_row);
  return result;
}

// Keys in a part of a causal product at most.
inline constexpr std::size_t causal_rows = 8;

// c(key, query) = sum over features of a(key, feature) b(feature, query), where a query of the
// range may see the key, and in the rest of its register.
//
// A part has no more rows than causal_rows: what a higher tile saves, it computes of what the mask
// hides.
//
// A softmax goes by whole registers. Where these held memory that no one has written, it would now
// and then meet subnormal numbers, which cost Intel's processors a hundred cycles each: a training
// step of contextual_recall took a twentieth longer there.
template <class T>
void key_query_product(const AttentionHead& head, QueryRange range, const T* a, const T* b, T* c) {
  const std::size_t keys = visible_keys(head, range.end - 1);
  const std::size_t end = whole_registers<T>(range.end);
  Tile<T> tile{.inner = head.width,
               .a = a,
               .a_row = head.row,
               .a_step = 1,
               .b_step = head.pattern_row,
               .c_row = head.pattern_row};
  for (std::size_t key = 0, rows = 0; key < keys; key += rows) {
    const std::size_t first = first_query(head, key);
    std::size_t query = std::max(range.begin, first - first % simd::width<T>);
    const std::size_t height = first_panel<false, T>(end - query).tiles->heights[0];
    rows = std::min({height, causal_rows, keys - key});
    for (; query < end; query += tile.columns) {
      const Panel<T> panel = first_panel<false, T>(end - query);
      tile.columns = panel.columns;
      tile.b = b + query;
      tile.c = c + key * head.pattern_row + query;
      multiply_rows(rows, panel, tile);
    }
    tile.a += rows * head.row;
  }
}

// c(query, feature) = sum over keys of p(key, query) b(key, feature), or +=. Here, above and below,
// each part of a causal product, of 4 to 8 rows, begins or ends where the mask does.
template <class T>
void weigh_keys(const AttentionHead& head, QueryRange range, const T* p, const T* b, T* c,
                Write write) {
  Scratch scratch;
  const PositionRows<T> rows = readable_rows(head, visible_keys(head, range.end - 1), b, scratch);
  Tile<T> tile{.a_row = 1,
               .a_step = head.pattern_row,
               .b_step = rows.row,
               .c_row = head.row,
               .d_row = head.row};
  for (std::size_t j = 0; j < head.width; j += tile.columns) {
    const Panel<T> panel = first_panel<true, T>(head.width - j);
    tile.columns = panel.columns;
    tile.b = rows.data + j;
    const std::size_t height = std::min(panel.tiles->heights[0], causal_rows);
    for (std::size_t query = range.begin; query < range.end; query += height) {
      const std::size_t count = std::min(height, range.end - query);
      tile.inner = visible_keys(head, query + count - 1);
      tile.a = p + query;
      tile.c = c + query * head.row + j;
      tile.d = write == Write::add ? tile.c : nullptr;
      multiply_rows(count, panel, tile);
    }
  }
}

// c(key, feature) = sum over queries of p(key, query) b(query, feature), or +=.
template <class T>
void weigh_queries(const AttentionHead& head, const T* p, const T* b, T* c, Write write) {
  Scratch scratch;
  const PositionRows<T> rows = readable_rows(head, head.queries, b, scratch);
  Tile<T> tile{.a_row = head.pattern_row,
               .a_step = 1,
               .b_step = rows.row,
               .c_row = head.row,
               .d_row = head.row};
  for (std::size_t j = 0; j < head.width; j += tile.columns) {
    const Panel<T> panel = first_panel<true, T>(head.width - j);
    tile.columns = panel.columns;
    const std::size_t height = std::min(panel.tiles->heights[0], causal_rows);
    for (std::size_t key = 0; key < head.keys; key += height) {
      const std::size_t query = first_query(head, key);
      tile.inner = head.queries - query;
      tile.a = p + key * head.pattern_row + query;
      tile.b = rows.data + query * rows.row + j;
      tile.c = c + key * head.row + j;
      tile.d = write == Write::add ? tile.c : nullptr;
      multiply_rows(std::min(height, head.keys - key), panel, tile);
    }
  }
}

}  // namespace detail

// Queries that are taken through all phases at a time, if no one looks between: at 512 positions
// their part of the pattern is 128 KB.
inline constexpr std::size_t attention_range = 64;

// q as attention_scores() wants it: scaled, (feature, query) with rows of head.pattern_row, in
// memory of the scratch.
template <class T>
const T* attention_queries(const AttentionHead& head, T scale, const T* q, Scratch& scratch) {
  T* result = detail::transposed_queries(head, q, head.row, scratch);
  const simd::Batch<T> factor(scale);
  for (std::size_t i = 0; i < head.width * head.pattern_row; i += simd::width<T>)
    simd::store(result + i, factor * simd::load(result + i));
  return result;
}

// S = scale q k^T for some of the queries. What the mask hides may be left as it was.
template <class T>
void attention_scores(const AttentionHead& head, QueryRange range, const T* queries, const T* k,
                      T* scores) {
  detail::key_query_product(head, range, k, queries, scores);
}

// z = P v for some of the queries. P must be zero where the mask hides a key.
template <class T>
void attention_values(const AttentionHead& head, QueryRange range, const T* pattern, const T* v,
                      T* z) {
  detail::weigh_keys(head, range, pattern, v, z, Write::store);
}

// One operand of the backward pass: its value, and where its gradient goes; null where no one wants
// it.
template <class T>
struct AttentionOperand {
  const T* value;
  T* gradient;
  Write write;
};

// dv = P^T dz and dP = dz v^T, laid out like the pattern. dP may be null where no one wants it;
// what the mask hides of it may be left as it was.
template <class T>
void attention_values_backward(const AttentionHead& head, const T* pattern, const T* dz,
                               const AttentionOperand<T>& v, T* dpattern) {
  if (v.gradient) detail::weigh_queries(head, pattern, dz, v.gradient, v.write);
  if (!dpattern) return;
  Scratch scratch;
  const T* dz_transposed = detail::transposed_queries(head, dz, head.row, scratch);
  detail::key_query_product(head, {0, head.queries}, v.value, dz_transposed, dpattern);
}

// dq = dS k and dk = dS^T q, for a dS that contains the scale and is zero where the mask hides.
template <class T>
void attention_scores_backward(const AttentionHead& head, const T* dscores,
                               const AttentionOperand<T>& q, const AttentionOperand<T>& k) {
  const QueryRange all{0, head.queries};
  if (q.gradient) detail::weigh_keys(head, all, dscores, k.value, q.gradient, q.write);
  if (k.gradient) detail::weigh_queries(head, dscores, q.value, k.gradient, k.write);
}

// dv = P^T dz,  dP = dz v^T,  dS = scale P (dP - sum over keys of P dP),  dq = dS k,  dk = dS^T q.
//
// The gradients are written in this order: dv, dq, dk, and may be the same memory if the later ones
// add. dscores: memory for dP and dS, laid out like the pattern.
template <class T>
void attention_backward(const AttentionHead& head, T scale, const T* pattern, const T* dz,
                        const AttentionOperand<T>& q, const AttentionOperand<T>& k,
                        const AttentionOperand<T>& v, T* dscores) {
  const bool is_wanted = q.gradient || k.gradient;
  attention_values_backward(head, pattern, dz, v, is_wanted ? dscores : nullptr);
  if (!is_wanted) return;
  attention_pattern_backward(head, {0, head.queries}, scale, pattern, dscores);
  attention_scores_backward(head, dscores, q, k);
}

}  // namespace weft::kernels
