#include <weft/interpret/sweep.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/probe/model.hpp>

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<>;
const Model model = random_model<Model>();

// The mean logit of token 4 at the last position.
double metric(const Tensor<double, 2, 6, 9>& logits) {
  return (logits(0, 5, 4) + logits(1, 5, 4)) / 2;
}

}  // namespace

TEST_CASE("patching a position has the effect of a probe that copies it by hand") {
  for (const std::string name : {"resid_pre", "attn_out", "mlp_out"}) {
    Cache<double> clean({"blocks.*." + name});
    const double reached = metric(model(other_tokens, clean));
    const Tensor<double, 2, 6> effects = patch_positions(model, tokens, name, clean, metric);
    for (std::size_t layer = 0; layer < 2; ++layer)
      for (std::size_t position = 0; position < 6; ++position) {
        const auto copied = clean.view("blocks." + std::to_string(layer) + '.' + name);
        const auto by_hand = [&](const Point& point, auto value) {
          if constexpr (requires { value.data()[0] = 0; })
            for (std::size_t b = 0; b < 2 && point.name == name && point.layer == layer; ++b)
              for (std::size_t i = 0; i < 8; ++i)
                value.data()[(b * 6 + position) * 8 + i] = copied(b, position, i);
          return value;
        };
        CHECK(effects(layer, position) == metric(model(tokens, by_hand)));
      }
    // Only what the last position reads of the last layer matters there.
    CHECK(effects(1, 5) != metric(model(tokens)));
    if (name == "mlp_out") CHECK(effects(1, 0) == metric(model(tokens)));
    if (name == "resid_pre") CHECK(effects(0, 5) != reached);
  }
}

TEST_CASE("ablating a head is the model without its output weights") {
  const Tensor<double, 2, 2> effects = ablate_heads(model, tokens, metric);
  for (std::size_t layer = 0; layer < 2; ++layer)
    for (std::size_t head = 0; head < 2; ++head) {
      Model without = model;
      for (std::size_t f = 0; f < 4; ++f)
        for (std::size_t i = 0; i < 8; ++i)
          without.blocks[layer].attn.output.weight.value(4 * head + f, i) = 0;
      CHECK(effects(layer, head) == metric(without(tokens)));
    }
}

TEST_CASE("mean ablation puts the mean over sequences where a head's z was") {
  Cache<double> cache({"blocks.*.attn.z"});
  model(other_tokens, cache);
  const auto means = cache.mean_over_sequences();
  const auto effects = ablate_heads(model, tokens, means, metric);
  const auto zeros = ablate_heads(model, tokens, metric);
  const auto z = cache.view("blocks.1.attn.z");
  const auto by_hand = [&](const Point& point, auto value) {
    if constexpr (requires { value.data()[0] = 0; })
      for (std::size_t n = 0; n < 6 && point.name == "attn.z" && point.layer == 1; ++n)
        for (std::size_t f = 0; f < 4; ++f)
          for (std::size_t b = 0; b < 2; ++b)
            value.data()[(b * 6 + n) * 8 + f] = (z(0, n, 0, f) + z(1, n, 0, f)) / 2;
    return value;
  };
  CHECK(effects(1, 0) == metric(model(tokens, by_hand)));
  for (std::size_t i = 0; i < 4; ++i) CHECK(effects.data()[i] != zeros.data()[i]);
}

TEST_CASE("a sweep does not depend on the number of threads") {
  Cache<double> clean({"blocks.*.attn.pattern"});
  model(other_tokens, clean);
  const auto one = patch_heads(model, tokens, "attn.pattern", clean, metric, 1);
  CHECK(patch_heads(model, tokens, "attn.pattern", clean, metric, 4) == one);
  CHECK(one(0, 0) != metric(model(tokens)));
}

TEST_CASE("a sweep over a point that was not kept or does not exist is refused") {
  Cache<double> clean({"blocks.0.resid_pre"});
  model(other_tokens, clean);
  CHECK_THROWS_AS(patch_positions(model, tokens, "resid_pre", clean, metric), Error);
  CHECK_THROWS_AS(patch_positions(model, tokens, "resid_before", clean, metric), Error);
}
