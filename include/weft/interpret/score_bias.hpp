#pragma once

#include <weft/probe/edit.hpp>

namespace weft::inline WEFT_TARGET {

// Steers attention: adds bias(sequence, key) to the scores of every query, in the chosen layers and
// heads and at the chosen positions, without any training. A bias of log(alpha) multiplies the
// weight of a key by alpha before the pattern is normalised; -infinity hides the key.
//
//   Tensor<float, dynamic, 24> bias(batch);                       // log(alpha) on some keys
//   auto logits = model(tokens, score_bias(bias, {.layers = {1}, .heads = {0, 2}}));
//
// bias is (sequence, key), with one sequence for all of them or as many as the batch. The result is
// an Edit, to which others can be added.
struct SteeredHeads {
  std::vector<std::size_t> layers{};     // all where none are given, as the others
  std::vector<std::size_t> heads{};
  std::vector<std::size_t> positions{};  // of queries
};

template <class T>
Edit<T> score_bias(const AnyView<const T>& bias, const SteeredHeads& where = {}) {
  if (bias.rank() != 2)
    fail("score_bias", "a bias must have the axes (sequence, key)",
         detail::extents_text(bias.extents()));
  Edit<T> edit;
  edit.add({.point = "blocks.*.attn.scores",
            .layers = where.layers,
            .heads = where.heads,
            .positions = where.positions},
           AnyView<const T>(bias.data(), {bias.extent(0), 1, 1, bias.extent(1)}));
  return edit;
}

template <class T, std::size_t Sequences, std::size_t Keys>
Edit<T> score_bias(const Tensor<T, Sequences, Keys>& bias, const SteeredHeads& where = {}) {
  return score_bias(AnyView<const T>(bias.data(), {bias.leading(), Keys}), where);
}

}  // namespace weft
