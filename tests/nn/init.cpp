#include <weft/nn/linear.hpp>
#include <weft/nn/transformer.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace weft;

struct Moments {
  double mean = 0, deviation = 0, low = HUGE_VAL, high = -HUGE_VAL;
};

template <class Parameter>
Moments moments_of(const Parameter& parameter) {
  Moments result;
  double sum = 0, squares = 0;
  for (auto element : parameter.value) {
    const auto x = static_cast<double>(element);
    sum += x;
    squares += x * x;
    result.low = std::min(result.low, x);
    result.high = std::max(result.high, x);
  }
  const auto count = static_cast<double>(parameter.value.size());
  result.mean = sum / count;
  result.deviation = std::sqrt(squares / count - result.mean * result.mean);
  return result;
}

// Within 5 standard errors of N(0, deviation^2).
bool is_normal(const auto& parameter, double deviation) {
  const Moments moments = moments_of(parameter);
  const auto count = static_cast<double>(parameter.value.size());
  return std::abs(moments.mean) < 5 * deviation / std::sqrt(count) &&
         std::abs(moments.deviation - deviation) < 5 * deviation / std::sqrt(2 * count) &&
         moments.high > 2 * deviation;  // a uniform distribution ends at 1.73
}

// Fills [-bound, bound] to its ends.
bool is_uniform(const auto& parameter, double bound) {
  const Moments moments = moments_of(parameter);
  const auto count = static_cast<double>(parameter.value.size());
  return moments.low >= -bound && moments.high <= bound && moments.high > 0.99 * bound &&
         moments.low < -0.99 * bound &&
         std::abs(moments.mean) < 5 * bound / std::sqrt(3 * count);
}

constexpr nn::TransformerConfig config{.vocabulary = 100,
                                       .positions = 50,
                                       .width = 64,
                                       .heads = 4,
                                       .layers = 2,
                                       .mlp = false,
                                       .norm = false,
                                       .bias = false};
constexpr nn::TransformerConfig with_mlp = [] {
  auto result = config;
  result.mlp = result.norm = result.bias = true;
  return result;
}();

struct TwoLinears {
  nn::Linear<30, 20> first;
  nn::Linear<30, 20> second;
  nn::Parameter<float, 40, 50> matrix;
  nn::Parameter<float, 40> vector;

  void visit(auto&& visitor) {
    visitor("first", first);
    visitor("second", second);
    visitor("matrix", matrix);
    visitor("vector", vector);
  }
};

struct OnlySecond {
  nn::Linear<30, 20> second;
  void visit(auto&& visitor) { visitor("second", second); }
};

}  // namespace

TEST_CASE("initialisers have the deviations and bounds they name") {
  nn::Parameter<float, 120, 60> matrix;
  const Random random{11};
  nn::init::normal(0.3)(matrix, random);
  CHECK(is_normal(matrix, 0.3));
  nn::init::uniform(-0.2, 0.2)(matrix, random);
  CHECK(is_uniform(matrix, 0.2));
  nn::init::xavier_normal()(matrix, random);
  CHECK(is_normal(matrix, std::sqrt(2.0 / 180)));
  nn::init::xavier_uniform(2)(matrix, random);
  CHECK(is_uniform(matrix, 2 * std::sqrt(6.0 / 180)));
  nn::init::kaiming_normal()(matrix, random);
  CHECK(is_normal(matrix, std::sqrt(2.0 / 120)));
  nn::init::kaiming_uniform(1)(matrix, random);
  CHECK(is_uniform(matrix, std::sqrt(3.0 / 120)));
  nn::init::ones()(matrix, random);
  CHECK(moments_of(matrix).low == 1);
  CHECK(moments_of(matrix).high == 1);
  nn::init::zeros()(matrix, random);
  CHECK(moments_of(matrix).low == 0);
  CHECK(moments_of(matrix).high == 0);
}

TEST_CASE("a linear map starts within 1 / sqrt(in)") {
  const auto linear = init<nn::Linear<64, 100>>(Random{1});
  CHECK(is_uniform(linear.weight, 1.0 / 8));
  CHECK(moments_of(linear.bias).high > 0.1);
  CHECK(moments_of(linear.bias).high <= 1.0 / 8);
}

TEST_CASE("an embedding starts as N(0, 1), and norms as the identity") {
  CHECK(is_normal(init<nn::Embedding<100, 20, double>>(Random{1}).weight, 1));
  const auto norm = init<nn::LayerNorm<8>>(Random{1});
  CHECK(moments_of(norm.weight).low == 1);
  CHECK(moments_of(norm.weight).high == 1);
  CHECK(moments_of(norm.bias).low == 0);
  CHECK(moments_of(norm.bias).high == 0);
}

TEST_CASE("a parameter of its own starts with xavier_uniform, a vector with zeros") {
  const auto model = init<TwoLinears>(Random{1});
  CHECK(is_uniform(model.matrix, std::sqrt(6.0 / 90)));
  CHECK(moments_of(model.vector).low == 0);
  CHECK(moments_of(model.vector).high == 0);
}

TEST_CASE("a parameter's first values depend on the seed and its path, not on what else there is") {
  const auto model = init<TwoLinears>(Random{5});
  CHECK(model.first.weight.value != model.second.weight.value);
  CHECK(init<OnlySecond>(Random{5}).second.weight.value == model.second.weight.value);
  CHECK(init<OnlySecond>(Random{5}).second.bias.value == model.second.bias.value);
  CHECK(init<OnlySecond>(Random{6}).second.weight.value != model.second.weight.value);

  const auto bare = init<nn::Transformer<config>>(Random{5});
  const auto full = init<nn::Transformer<with_mlp>>(Random{5});
  CHECK(bare.unembed.weight.value == full.unembed.weight.value);
  CHECK(bare.blocks[1].attn.key.weight.value == full.blocks[1].attn.key.weight.value);
}

TEST_CASE("a rule changes what it names and leaves the rest") {
  const Random random{5};
  const auto plain = init<TwoLinears>(random);
  std::vector<std::string> paths;
  const auto changed = init<TwoLinears>(
      random, [&](std::string_view path, auto& parameter, const Random& stream) {
        paths.emplace_back(path);
        if (path == "second.weight") nn::init::normal(2)(parameter, stream);
      });
  CHECK(paths == std::vector<std::string>{"first.weight", "first.bias", "second.weight",
                                          "second.bias", "matrix", "vector"});
  CHECK(changed.first.weight.value == plain.first.weight.value);
  CHECK(changed.second.bias.value == plain.second.bias.value);
  CHECK(is_normal(changed.second.weight, 2));
}

TEST_CASE("a transformer starts as GPT-2 does") {
  const auto model = init<nn::Transformer<with_mlp>>(Random{2});
  CHECK(is_normal(model.embed.weight, 0.02));
  CHECK(is_normal(model.pos_embed.weight, 0.02));
  CHECK(is_normal(model.unembed.weight, 0.02));
  for (const auto& block : model.blocks) {
    CHECK(is_normal(block.attn.query.weight, 0.02));
    CHECK(is_normal(block.attn.key.weight, 0.02));
    CHECK(is_normal(block.attn.value.weight, 0.02));
    CHECK(is_normal(block.attn.output.weight, 0.01));  // 0.02 / sqrt(2 * 2 layers)
    CHECK(is_normal(block.mlp.in.weight, 0.02));
    CHECK(is_normal(block.mlp.out.weight, 0.01));
    CHECK(moments_of(block.attn.query.bias).high == 0);
    CHECK(moments_of(block.mlp.out.bias).low == 0);
    CHECK(moments_of(block.ln1.weight).low == 1);
    CHECK(moments_of(block.ln2.bias).high == 0);
  }
  CHECK(moments_of(model.ln_final.weight).high == 1);
}

TEST_CASE("a transformer can start with the deviations of a paper") {
  const auto model = init<nn::Transformer<config>>(Random{2}, nn::TransformerInit{
                                                                  .embedding = 0.5,
                                                                  .position = 0.3,
                                                                  .query = 1 / 8.0,
                                                                  .key = 1 / 8.0,
                                                                  .value = 1 / 8.0,
                                                                  .attention_output = 0.5 / 8.0,
                                                                  .unembedding = 1 / 8.0});
  CHECK(is_normal(model.embed.weight, 0.5));
  CHECK(is_normal(model.pos_embed.weight, 0.3));
  CHECK(is_normal(model.blocks[0].attn.query.weight, 1 / 8.0));
  CHECK(is_normal(model.blocks[1].attn.value.weight, 1 / 8.0));
  CHECK(is_normal(model.blocks[1].attn.output.weight, 1 / 16.0));
  CHECK(is_normal(model.unembed.weight, 1 / 8.0));
}
