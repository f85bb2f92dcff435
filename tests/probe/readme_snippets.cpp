// The blocks of include/weft/probe/README.md, in this order.

#include <weft/interpret/logit_attribution.hpp>
#include <weft/interpret/logit_lens.hpp>
#include <weft/interpret/score_bias.hpp>
#include <weft/interpret/sweep.hpp>
#include <weft/probe/cache.hpp>
#include <weft/probe/edit.hpp>
#include <weft/probe/probes.hpp>
#include <weft/weft.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using namespace weft;

using Model = nn::Transformer<
    {.vocabulary = 20, .positions = 8, .width = 16, .heads = 2, .layers = 2}>;

const Model model =
    init<Model>(Random{1}, nn::TransformerInit{.embedding = 1, .query = 1, .key = 1});
const Tensor<int, 2, 8> tokens{{3, 1, 4, 1, 5, 9, 2, 6}, {2, 7, 1, 8, 2, 8, 1, 8}};
const Tensor<int, 2, 8> clean_tokens{{3, 1, 4, 1, 7, 9, 2, 6}, {2, 7, 1, 8, 0, 8, 1, 8}};

// The mean logit of token 11 at the last position.
const auto metric = [](const Tensor<float, 2, 8, 20>& logits) {
  return (logits(0, 7, 11) + logits(1, 7, 11)) / 2;
};

TEST_CASE("README of probe: reading a pattern") {
  Cache cache({"blocks.*.attn.hook_pattern", "blocks.1.hook_resid_post"});
  model(tokens, cache);

  auto pattern = cache.get<Tensor<float, 2, 2, 8, 8>>("blocks.0.attn.hook_pattern");
  float to_the_first = pattern(0, 1, 7, 0);  // sequence 0, head 1, from query 7 to key 0
  CHECK((to_the_first > 0 && to_the_first < 1));

  Cache last({"blocks.*.resid_post"}, {.positions = {7}});
  model(tokens, last);
  AnyView<const float> stream = last.view("blocks.1.resid_post");  // (2, 1, 16)
  CHECK(stream(1, 0, 3) == cache.view("blocks.1.resid_post")(1, 7, 3));
}

TEST_CASE("README of probe: patching") {
  Cache clean({"blocks.*.resid_pre"});
  model(clean_tokens, clean);

  Edit patch;
  patch.replace({.point = "blocks.1.resid_pre", .positions = {4}}, clean);
  auto logits = model(tokens, patch);

  Tensor<double, 2, 8> effects = patch_positions(model, tokens, "resid_pre", clean, metric);
  CHECK(effects(1, 4) == metric(logits));
}

TEST_CASE("README of probe: ablating a head") {
  Edit ablation;
  ablation.scale({.point = "blocks.1.attn.z", .heads = {0}}, 0);
  auto without = model(tokens, ablation);

  Cache of_many({"blocks.*.attn.z"});
  model(clean_tokens, of_many);
  Cache means = of_many.mean_over_sequences();
  Tensor<double, 2, 2> zeroed = ablate_heads(model, tokens, metric);
  Tensor<double, 2, 2> averaged = ablate_heads(model, tokens, means, metric);
  CHECK(zeroed(1, 0) == metric(without));
  CHECK(averaged != zeroed);
}

TEST_CASE("README of probe: steering attention") {
  Tensor<float, 2, 8> bias;
  for (std::size_t key = 0; key < 4; ++key) bias(0, key) = std::log(5.0f);
  auto steering = score_bias(bias, {.layers = {0}, .heads = {1}});
  auto steered = model(tokens, steering);
  CHECK(steered != model(tokens));

  Edit along;
  Cache from({"blocks.0.resid_post"}), to({"blocks.0.resid_post"});
  model(tokens, from);
  model(clean_tokens, to);
  const Cache mean_from = from.mean_over_sequences(), mean_to = to.mean_over_sequences();
  along.shift({.point = "blocks.0.resid_post", .positions = {7}}, mean_from, mean_to, 2);
  CHECK(model(tokens, along) != model(tokens));
}

TEST_CASE("README of probe: several probes, and gradients") {
  Edit edit;
  edit.scale({.point = "blocks.0.attn.pattern", .heads = {0}, .keys = {0}}, 0.5f);
  Cache cache({"blocks.0.attn.z"});

  Tape tape;
  auto logits = model(tape.constant(tokens), Probes(edit, cache));
  tape.backward(mean(logits));
  CHECK(tape.gradients().collected(model.blocks[0].attn.query.weight.value.data()));
  CHECK(cache.entries().size() == 1);
}

struct LargestNorm {
  std::string where;
  float norm = 0;

  void operator()(const Point& point, const auto& value) {
    float sum = 0;
    for (std::size_t i = 0; i < value.size(); ++i) sum += value.data()[i] * value.data()[i];
    if (sum > norm) norm = sum, where = to_string(point);
  }
};

TEST_CASE("README of probe: a probe of one's own") {
  LargestNorm largest;
  model(tokens, largest);
  CHECK_FALSE(largest.where.empty());

  auto halved = model(tokens, [](const Point& point, auto value) {
    if (point.name == "mlp_out" && point.layer == 1) return 0.5f * value;
    return value;
  });
  CHECK(halved != model(tokens));
}

TEST_CASE("README of probe: what the logits are made of") {
  Tensor<int, 2> answers{11, 12};
  LogitAttribution shares = logit_attribution(model, tokens, answers, {.position = 7});
  for (std::size_t i = 0; i < shares.components.size(); ++i)
    if (shares(i, 0) > 0.1) UNSCOPED_INFO(shares.components[i] << " adds " << shares(i, 0));

  std::vector<Tensor<float, 2, 8, 20>> lens = logit_lens(model, tokens);
  CHECK(lens[2] == model(tokens));  // after both blocks
}

}  // namespace
