#pragma once

#include <weft/core/select.hpp>
#include <weft/nn/key_value_cache.hpp>

#include <algorithm>

namespace weft::inline WEFT_TARGET::nn {

struct GenerateOptions {
  std::size_t count = 0;  // tokens to add at most; 0: as many as fit
  int end = -1;           // a token that ends a text; -1: none does
};

// Texts in rows of Length tokens, of which the first lengths(b) are in use.
template <std::size_t Length>
struct Texts {
  Tensor<int, dynamic, Length> tokens;
  Tensor<int, dynamic> lengths;
};

// Continues texts greedily: each next token is the one with the greatest logit, the first of them
// where several are.
//
//   Texts<24> prompts{tokens, lengths};
//   auto texts = generate(model, prompts, {.count = 3});
//
// A text ends with options.end, which is part of it, and where its row is full. Keys and values are
// kept from token to token; see KeyValueCache, and there what edit may change. Greedy tokens are
// those of whole runs but where two logits are equal up to rounding.
// Throws Error where lengths are not one for each text, a text is empty or longer than its row, and
// where a token is not in the vocabulary.
template <TransformerConfig config, class T, std::size_t Length, class Editor = NoProbe>
Texts<Length> generate(const Transformer<config, T>& model, Texts<Length> texts,
                       const GenerateOptions& options = {}, const Editor& edit = {}) {
  const std::size_t count = texts.tokens.leading();
  if (texts.lengths.leading() != count)
    fail("generate", "there must be a length for each text",
         std::to_string(texts.lengths.leading()) + " of " + std::to_string(count));
  for (const int length : texts.lengths)
    if (length < 1 || static_cast<std::size_t>(length) > Length)
      fail("generate", "a length must lie between 1 and that of a row",
           std::to_string(length) + " of " + std::to_string(Length));

  KeyValueCache<config, Length, T> cache(model, count);
  const auto logits = cache.start(std::as_const(texts.tokens).view(), edit);
  Tensor<int, dynamic> next(count), positions(count);
  for (std::size_t b = 0; b < count; ++b) {
    positions(b) = texts.lengths(b) - 1;
    const T* row = logits.data() +
                   (b * Length + static_cast<std::size_t>(positions(b))) * config.vocabulary;
    next(b) = argmax(View<const T, config.vocabulary>(row)).item();
  }
  std::vector<char> ended(count);
  const std::size_t most = options.count == 0 ? Length : std::min(options.count, Length);
  for (std::size_t added = 1; added <= most; ++added) {
    bool all_ended = true;
    for (std::size_t b = 0; b < count; ++b) {
      ended[b] = ended[b] || static_cast<std::size_t>(texts.lengths(b)) == Length;
      if (ended[b]) continue;
      positions(b) = texts.lengths(b)++;
      texts.tokens(b, positions(b)) = next(b);
      ended[b] = next(b) == options.end;
      all_ended = all_ended && ended[b];
    }
    if (all_ended || added == most) break;
    // A text that has ended stands still: its last token is run again.
    const auto following = argmax(cache.step(std::as_const(next).view(),
                                             std::as_const(positions).view(), edit));
    for (std::size_t b = 0; b < count; ++b)
      if (!ended[b]) next(b) = following(b, 0);
  }
  return texts;
}

}  // namespace weft::nn
