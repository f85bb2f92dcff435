#include <weft/interpret/score_bias.hpp>
#include <weft/nn/generate.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

namespace {

using namespace weft;

constexpr nn::TransformerConfig full{
    .vocabulary = 13, .positions = 12, .width = 16, .heads = 2, .layers = 3};

constexpr nn::TransformerConfig attention_only = [] {
  auto config = full;
  config.mlp = config.norm = config.bias = false;
  return config;
}();

constexpr nn::TransformerConfig tied = [] {
  auto config = full;
  config.heads = 4;
  config.bias = false;
  config.tied = true;
  config.position_encoding = nn::Positions::sinusoidal;
  return config;
}();

constexpr nn::TransformerConfig no_positions = [] {
  auto config = full;
  config.norm = false;
  config.layers = 1;
  config.mlp_width = 5;
  config.position_encoding = nn::Positions::none;
  return config;
}();

constexpr std::size_t texts = 5, length = 10;
using Tokens = Tensor<int, dynamic, length>;

// Random enough that what is most likely depends on all before it.
template <nn::TransformerConfig config>
nn::Transformer<config> random_model(double deviation = 0.3) {
  return init<nn::Transformer<config>>(
      Random{3}, [&](std::string_view, auto& parameter, const Random& random) {
        nn::init::normal(deviation)(parameter, random);
      });
}

Tokens random_tokens(std::uint64_t seed) {
  Random random{seed};
  Tokens tokens(texts);
  for (int& token : tokens) token = static_cast<int>(random.integer(13));
  return tokens;
}

// Each text's own length: 1, 3, 5, 7, 9.
Tensor<int, dynamic> some_lengths() { return {1, 3, 5, 7, 9}; }

// Draws one head, or all of them, to the first three tokens.
Edit<> steering(const SteeredHeads& where = {.layers = {0}, .heads = {1}}) {
  Tensor<float, 1, length> bias;
  for (std::size_t key = 0; key < 3; ++key) bias(0, key) = 4;
  return score_bias(bias, where);
}

// The greatest |a - b| of the logits at the positions in use.
float difference(const auto& step, const auto& whole, const Tensor<int, dynamic>& positions) {
  float worst = 0;
  for (std::size_t b = 0; b < texts; ++b)
    for (std::size_t i = 0; i < 13; ++i)
      worst = std::max(worst, std::abs(step(b, 0, i) - whole(b, positions(b), i)));
  return worst;
}

template <nn::TransformerConfig config>
void steps_have_the_logits_of_whole_runs(const Edit<>& edit) {
  const auto model = random_model<config>();
  const Tokens tokens = random_tokens(1);
  const auto whole = model(tokens, edit);
  nn::KeyValueCache<config, length> cache(model, texts);
  // What stands behind a text is of no matter: here other tokens, replaced one by one.
  Tokens garbled = random_tokens(2);
  Tensor<int, dynamic> positions = some_lengths(), next(texts);
  for (std::size_t b = 0; b < texts; ++b)
    for (int i = 0; i < positions(b); ++i) garbled(b, i) = tokens(b, i);
  cache.start(garbled.view(), edit);
  for (int step = 0; step < 9; ++step) {
    for (std::size_t b = 0; b < texts; ++b) next(b) = tokens(b, positions(b));
    const auto logits = cache.step(next.view(), positions.view(), edit);
    CAPTURE(step);
    CHECK(difference(logits, whole, positions) < 1e-5f);
    for (int& position : positions) position = std::min(position + 1, static_cast<int>(length) - 1);
  }
}

// Greedy continuation by a whole run for each token.
template <nn::TransformerConfig config>
nn::Texts<length> continued(const nn::Transformer<config>& model, nn::Texts<length> all, int count,
                            int end, const Edit<>& edit) {
  std::vector<bool> ended(texts);
  for (int i = 0; i < count; ++i) {
    const auto best = argmax(model(all.tokens, edit));
    for (std::size_t b = 0; b < texts; ++b) {
      int& used = all.lengths(b);
      if (ended[b] || used == static_cast<int>(length)) continue;
      all.tokens(b, used) = best(b, used - 1);
      ended[b] = best(b, used - 1) == end;
      ++used;
    }
  }
  return all;
}

template <nn::TransformerConfig config>
void generated_tokens_are_those_of_whole_runs(const Edit<>& edit) {
  const auto model = random_model<config>();
  const nn::Texts<length> prompts{random_tokens(4), some_lengths()};
  for (const int count : {1, 2, 5, 20})
    for (const int end : {-1, 3, 7}) {
      const auto expected = continued(model, prompts, count, end, edit);
      const auto found = nn::generate(
          model, prompts, {.count = static_cast<std::size_t>(count), .end = end}, edit);
      CAPTURE(count, end);
      CHECK(std::equal(found.lengths.begin(), found.lengths.end(), expected.lengths.begin()));
      CHECK(std::equal(found.tokens.begin(), found.tokens.end(), expected.tokens.begin()));
    }
}

}  // namespace

TEST_CASE("a step over kept keys and values has the logits of a run over the whole text") {
  for (const Edit<>& edit : {Edit<>{}, steering()}) {
    steps_have_the_logits_of_whole_runs<full>(edit);
    steps_have_the_logits_of_whole_runs<attention_only>(edit);
    steps_have_the_logits_of_whole_runs<tied>(edit);
    steps_have_the_logits_of_whole_runs<no_positions>(edit);
  }
}

TEST_CASE("generated tokens are those of a run over the whole text for each of them") {
  for (const Edit<>& edit : {Edit<>{}, steering()}) {
    generated_tokens_are_those_of_whole_runs<full>(edit);
    generated_tokens_are_those_of_whole_runs<attention_only>(edit);
    generated_tokens_are_those_of_whole_runs<tied>(edit);
    generated_tokens_are_those_of_whole_runs<no_positions>(edit);
  }
}

TEST_CASE("steering changes what is generated") {
  const auto model = random_model<full>(1);
  const nn::Texts<length> prompts{random_tokens(4), some_lengths()};
  const auto plain = nn::generate(model, prompts);
  const auto steered = nn::generate(model, prompts, {}, steering({}));
  CHECK_FALSE(std::equal(plain.tokens.begin(), plain.tokens.end(), steered.tokens.begin()));
}

TEST_CASE("patterns can be edited while a text grows") {
  const auto model = random_model<full>();
  const Tokens tokens = random_tokens(1);
  Edit<> halved;
  halved.scale({.point = "blocks.1.attn.pattern", .heads = {0}, .keys = {0, 2}}, 0.5f);
  const auto whole = model(tokens, halved);
  nn::KeyValueCache<full, length> cache(model, texts);
  cache.start(tokens.view(), halved);
  const Tensor<int, dynamic> positions{4, 2, 9, 1, 6};
  Tensor<int, dynamic> next(texts);
  for (std::size_t b = 0; b < texts; ++b) next(b) = tokens(b, positions(b));
  CHECK(difference(cache.step(next.view(), positions.view(), halved), whole, positions) < 1e-5f);
}

TEST_CASE("a whole run that is kept has the bits of one that is not") {
  const auto model = random_model<full>();
  const Tokens tokens = random_tokens(1);
  nn::KeyValueCache<full, length> cache(model, texts);
  const auto kept = cache.start(tokens.view()), plain = model(tokens);
  CHECK(std::equal(kept.begin(), kept.end(), plain.begin()));
}

TEST_CASE("generation refuses lengths, tokens, positions and edits that cannot be") {
  const auto model = random_model<full>();
  const auto attempt = [&](const Tensor<int, dynamic>& lengths) {
    return nn::generate(model, nn::Texts<length>{random_tokens(1), lengths});
  };
  CHECK_THROWS_AS(attempt({1, 2, 3, 4}), Error);
  CHECK_THROWS_AS(attempt({1, 2, 3, 4, 0}), Error);
  CHECK_THROWS_AS(attempt({1, 2, 3, 4, 11}), Error);
  Tokens unknown = random_tokens(1);
  unknown(2, 1) = 13;
  CHECK_THROWS_AS(nn::generate(model, nn::Texts<length>{unknown, some_lengths()}), Error);

  nn::KeyValueCache<full, length> cache(model, texts);
  const Tokens tokens = random_tokens(1);
  cache.start(tokens.view());
  const Tensor<int, dynamic> next{1, 2, 3, 4, 5}, beyond{1, 2, 10, 4, 5}, four{1, 2, 3, 4};
  CHECK_THROWS_AS(cache.step(next.view(), beyond.view()), Error);
  CHECK_THROWS_AS(cache.step(four.view(), next.view()), Error);
  const Tokens too_few(4);
  CHECK_THROWS_AS(cache.start(too_few.view()), Error);

  Edit<> elsewhere;
  elsewhere.scale({.point = "blocks.0.attn.z"}, 0);
  CHECK_THROWS_WITH(cache.start(tokens.view(), elsewhere),
                    Catch::Matchers::ContainsSubstring("blocks.0.attn.z"));
  CHECK_THROWS_AS(cache.step(next.view(), next.view(), elsewhere), Error);
}
