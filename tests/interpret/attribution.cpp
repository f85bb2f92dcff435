#include <weft/interpret/logit_attribution.hpp>
#include <weft/interpret/logit_lens.hpp>
#include <weft/interpret/score_bias.hpp>

#include <weft/probe/probes.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <tests/probe/model.hpp>

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<>;
const Model model = random_model<Model>();
const Tensor<int, 2> answers{4, 7};

template <class M>
void check_sum(bool by_head, std::size_t components) {
  const auto other = random_model<M>();
  const auto logits = other(tokens);
  const LogitAttribution shares =
      logit_attribution(other, tokens, answers, {.position = 3, .by_head = by_head});
  CHECK(shares.components.size() == components);
  for (std::size_t b = 0; b < 2; ++b) {
    double sum = 0;
    for (std::size_t c = 0; c < shares.components.size(); ++c) sum += shares(c, b);
    CHECK(std::abs(sum - logits(b, 3, static_cast<std::size_t>(answers(b)))) < 1e-12);
  }
}

}  // namespace

TEST_CASE("the shares of all components add up to the logit") {
  check_sum<Model>(true, 2 + 2 * (2 + 1 + 1) + 1);
  check_sum<Model>(false, 2 + 2 * 2 + 1);
  using Bare = nn::Transformer<{.vocabulary = 9,
                                .positions = 6,
                                .width = 8,
                                .heads = 2,
                                .layers = 2,
                                .mlp = false,
                                .norm = false,
                                .bias = false,
                                .position_encoding = nn::Positions::none,
                                .tied = true},
                               double>;
  check_sum<Bare>(true, 1 + 2 * 2);
  check_sum<Bare>(false, 1 + 2);
}

TEST_CASE("a component's share is what the logit loses without it, at the same scale of the norm") {
  const LogitAttribution shares = logit_attribution(model, tokens, answers, {.position = 5});
  const std::vector<std::string> expected{
      "embed", "pos_embed",
      "blocks.0.attn.result.0", "blocks.0.attn.result.1", "blocks.0.attn.output.bias",
      "blocks.0.mlp_out",
      "blocks.1.attn.result.0", "blocks.1.attn.result.1", "blocks.1.attn.output.bias",
      "blocks.1.mlp_out", "ln_final.bias"};
  CHECK(shares.components == expected);

  Cache<double> cache({"blocks.1.attn.result", "blocks.1.resid_post", "pos_embed"});
  model(tokens, cache);
  const auto results = cache.view("blocks.1.attn.result"), last = cache.view("blocks.1.resid_post"),
             positions = cache.view("pos_embed");
  // The norm and the unembedding by their definitions.
  const auto share = [&](std::size_t b, auto element) {
    double mean = 0, variance = 0, of_element = 0, sum = 0;
    for (std::size_t i = 0; i < 8; ++i) mean += last(b, 5, i) / 8, of_element += element(i) / 8;
    for (std::size_t i = 0; i < 8; ++i)
      variance += (last(b, 5, i) - mean) * (last(b, 5, i) - mean) / 8;
    for (std::size_t i = 0; i < 8; ++i)
      sum += (element(i) - of_element) / std::sqrt(variance + 1e-5) *
             model.ln_final.weight.value(i) *
             model.unembed.weight.value(i, static_cast<std::size_t>(answers(b)));
    return sum;
  };
  for (std::size_t b = 0; b < 2; ++b) {
    CHECK(std::abs(shares(1, b) - share(b, [&](auto i) { return positions(5, i); })) < 1e-12);
    for (std::size_t h = 0; h < 2; ++h)
      CHECK(std::abs(shares(6 + h, b) -
                     share(b, [&](auto i) { return results(b, 5, h, i); })) < 1e-12);
  }
}

TEST_CASE("answers may be a view with gaps") {
  Tensor<int, 2, 3> table{{4, 1, 2}, {7, 5, 6}};
  const auto found = logit_attribution(model, tokens, table.view().slice<1, 0, 1>(),
                                       {.position = 5});
  const auto expected = logit_attribution(model, tokens, answers, {.position = 5});
  CHECK(found.values == expected.values);
}

TEST_CASE("attribution refuses answers and positions that are not there") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(
      logit_attribution(model, tokens, Tensor<int, 2>{4, 9}, {.position = 5}), Error,
      Message("[logit_attribution] an answer must be a token of the vocabulary: 9"));
  CHECK_THROWS_AS(logit_attribution(model, tokens, Tensor<int, 2>{4, -1}, {.position = 5}), Error);
  CHECK_THROWS_AS(logit_attribution(model, tokens, Tensor<int, 3>{1, 2, 3}, {.position = 5}),
                  Error);
  CHECK_THROWS_AS(logit_attribution(model, tokens, answers, {.position = 6}), Error);
}

TEST_CASE("the logit lens ends with the model's own logits") {
  const auto lens = logit_lens(model, tokens);
  REQUIRE(lens.size() == 3);
  CHECK(lens[2] == model(tokens));
  CHECK(lens[1] != lens[2]);
  // After no block: the norm and the unembedding of the sum of the embeddings.
  const auto embedded = model.embed(tokens) + model.pos_embed.weight;
  CHECK(lens[0] == model.unembed(model.ln_final(embedded)));
}

TEST_CASE("a bias of log alpha on a key multiplies its weight by alpha before normalising") {
  Tensor<double, 2, 6> bias;
  bias(0, 2) = std::log(3.0);
  bias(1, 0) = -std::numeric_limits<double>::infinity();
  auto steering = score_bias(bias, {.layers = {0}, .heads = {1}, .positions = {4}});
  Cache<double> plain({"blocks.*.attn.pattern"}), steered({"blocks.*.attn.pattern"});
  model(tokens, plain);
  model(tokens, Probes(steering, steered));
  const auto a = plain.view("blocks.0.attn.pattern"), b = steered.view("blocks.0.attn.pattern");
  for (std::size_t s = 0; s < 2; ++s)
    for (std::size_t h = 0; h < 2; ++h)
      for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 6; ++j) {
          double expected = a(s, h, i, j);
          if (h == 1 && i == 4 && s == 0)
            expected *= (j == 2 ? 3 : 1) / (1 + 2 * a(0, 1, 4, 2));
          if (h == 1 && i == 4 && s == 1)
            expected *= (j == 0 ? 0 : 1) / (1 - a(1, 1, 4, 0));
          CHECK(std::abs(b(s, h, i, j) - expected) < 1e-14);
        }
  CHECK(steered.find("blocks.1.attn.pattern")->elements !=
        plain.find("blocks.1.attn.pattern")->elements);
}

TEST_CASE("one row of a bias serves all sequences") {
  Tensor<double, 1, 6> one;
  Tensor<double, 2, 6> both;
  one(0, 3) = both(0, 3) = both(1, 3) = 0.7;
  CHECK(model(tokens, score_bias(one)) == model(tokens, score_bias(both)));
  CHECK(model(tokens, score_bias(one)) != model(tokens));
}
