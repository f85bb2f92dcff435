#pragma once

#include <weft/kernels/softmax.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

struct MaskOptions {
  bool causal = false;  // a query sees no key after its own position
};

namespace detail {

struct MaskedSoftmax {
  static constexpr const char* name = "masked_softmax";
  kernels::Mask mask;
  std::size_t blocks, queries, keys;  // of scores, one (queries, keys) matrix after the other
  std::size_t blocks_per_length;
  const int* valid = nullptr;  // the lengths, on the tape if there is one

  void forward(Memory&, auto y, auto x) const {
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t first = block * queries * keys;
      kernels::softmax_rows(x.data() + first, y.data() + first, queries, keys, mask,
                            valid_keys(block));
    }
  }
  void forward(Memory& memory, auto y, auto x, auto lengths) {
    check(lengths.data(), lengths.size());
    valid = lengths.data();
    forward(memory, y, x);
  }

  // dx = y (dy - sum_k y_k dy_k)
  void backward(auto y, auto x, auto... /*lengths*/) const {
    auto dx = x.target();
    if (!dx) return;
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t first = block * queries * keys;
      kernels::softmax_rows_backward(y.data() + first, y.gradient_data() + first, dx.data + first,
                                     queries, keys, mask, valid_keys(block), dx.write);
    }
  }

 private:
  std::size_t valid_keys(std::size_t block) const {
    return valid ? static_cast<std::size_t>(valid[block / blocks_per_length]) : keys;
  }

  void check(const int* lengths, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i)
      if (lengths[i] < 0 || static_cast<std::size_t>(lengths[i]) > keys)
        fail(name, "a length must lie between 0 and the number of keys",
             "length " + std::to_string(lengths[i]) + " at " + std::to_string(i) + ", " +
                 std::to_string(keys) + " keys");
  }
};

[[gnu::noinline]] inline MaskedSoftmax masked_softmax_of(AnyShape scores, MaskOptions options) {
  const kernels::AxisView queries = axis_view(scores, scores.rank() - 2);
  const std::size_t batch = scores.rank() > 2 ? scores.leading() : 1;
  return {options.causal ? kernels::Mask::causal : kernels::Mask::none, queries.outer,
          queries.extent, queries.inner, batch > 0 ? queries.outer / batch : 1};
}

[[gnu::noinline]] inline void check_lengths(std::size_t lengths, std::size_t batches) {
  if (lengths != batches)
    fail("masked_softmax", "lengths must have one value for each batch of the scores",
         std::to_string(lengths) + " lengths, " + std::to_string(batches) + " batches");
}

}  // namespace detail

// y = softmax(scores) over the keys that a query sees, 0 at the others; scores and y have shape
// (..., query, key). With options.causal, query i of m sees the keys j <= i + (n - m) of n: with
// as many queries as keys those up to its own, with fewer queries these are the last positions.
// A row that sees no key is all zeros and has zero gradient.
template <Operand X>
auto masked_softmax(const X& scores, MaskOptions options = {}) {
  static_assert(shape_of<X>::rank >= 2,
                "weft: masked_softmax(scores) needs scores of shape (..., query, key)");
  return apply_like(detail::masked_softmax_of(any_shape(scores), options), scores);
}

// The same, where only the first lengths[b] keys of batch b are seen: scores and y have shape
// (batch, ..., query, key), lengths are integers of shape (batch).
// Throws Error where a length is negative or greater than the number of keys, and where the
// batch extents differ at run time.
template <Operand X, Operand Lengths>
auto masked_softmax(const X& scores, const Lengths& lengths, MaskOptions options = {}) {
  using S = shape_of<X>;
  constexpr bool valid = S::rank >= 3 && compatible<shape_of<Lengths>, Shape<S::leading>> &&
                         std::is_same_v<element_of<Lengths>, int>;
  static_assert(valid,
                "weft: masked_softmax(scores, lengths) needs scores of shape (batch, ..., query, "
                "key) and int lengths of shape (batch)");
  if constexpr (valid) {
    detail::check_lengths(leading_of(lengths), leading_of(scores));
    return apply_like(detail::masked_softmax_of(any_shape(scores), options), scores, lengths);
  } else {
    return apply_like(detail::Refused{}, scores);
  }
}

}  // namespace weft
