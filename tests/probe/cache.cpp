#include <weft/probe/cache.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include "model.hpp"

#include <map>

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<>;

// Everything that passes, as it passes: heads one after the other.
struct Recorder {
  std::map<std::string, std::vector<double>> values{};

  bool wants(const Point&) const { return true; }
  void operator()(const Point& point, const auto& value) {
    values[to_string(point)] = elements(value);
  }
  void see_head(const Point& point, const HeadIndex&, const auto& view) {
    auto& all = values[to_string(point)];
    for (std::size_t i = 0; i < view.extent(0); ++i)
      for (std::size_t j = 0; j < view.extent(1); ++j) all.push_back(view(i, j));
  }
};

using Extents = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a cache keeps the bits of every point it is asked for, and nothing else") {
  const auto model = random_model<Model>();
  Recorder recorder;
  const auto logits = model(tokens, recorder);
  const std::vector<std::string> names = all_points<Model>();
  CHECK(names.size() == recorder.values.size());
  for (const std::string& name : names) {
    INFO(name);
    Cache<double> cache({name});
    CHECK(model(tokens, cache) == logits);
    REQUIRE(cache.entries().size() == 1);
    CHECK(cache.entries()[0].name == name);
    CHECK(cache.entries()[0].elements == recorder.values.at(name));
    CHECK(cache.view(name).size() == cache.entries()[0].elements.size());
  }
  Cache<double> all(names);
  model(tokens, all);
  CHECK(all.entries().size() == names.size());
}

TEST_CASE("what has heads is kept with an axis for them") {
  const auto model = random_model<Model>();
  Cache<double> cache({"embed", "pos_embed", "blocks.*.attn.hook_q", "blocks.1.attn.hook_pattern",
                       "blocks.0.attn.hook_result", "blocks.0.mlp.hook_pre", "logits"});
  model(tokens, cache);
  CHECK(cache.view("hook_embed").extents() == Extents{2, 6, 8});
  CHECK(cache.view("pos_embed").extents() == Extents{6, 8});
  CHECK(cache.view("blocks.1.attn.q").extents() == Extents{2, 6, 2, 4});
  CHECK(cache.view("blocks.1.attn.pattern").extents() == Extents{2, 2, 6, 6});
  CHECK(cache.view("blocks.0.attn.result").extents() == Extents{2, 6, 2, 8});
  CHECK(cache.view("blocks.0.mlp.pre").extents() == Extents{2, 6, 32});
  CHECK(cache.view("logits").extents() == Extents{2, 6, 9});
  const auto q = cache.get<Tensor<double, dynamic, 6, 2, 4>>("blocks.1.attn.hook_q");
  CHECK(q.leading() == 2);
  CHECK(q(1, 3, 1, 2) == cache.view("blocks.1.attn.q")(1, 3, 1, 2));
  CHECK(cache.get<Tensor<double, 2, 2, 6, 6>>("blocks.1.attn.pattern")(0, 1, 5, 0) > 0);
}

TEST_CASE("the results of the heads and the bias add up to what attention gives") {
  const auto model = random_model<Model>();
  Cache<double> cache({"blocks.*.attn.result", "blocks.*.attn_out", "blocks.*.attn.z"});
  model(tokens, cache);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const std::string block = "blocks." + std::to_string(layer);
    const auto results = cache.view(block + ".attn.result"), sum = cache.view(block + ".attn_out"),
               z = cache.view(block + ".attn.z");
    const auto& output = model.blocks[layer].attn.output;
    double worst = 0;
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t n = 0; n < 6; ++n)
        for (std::size_t i = 0; i < 8; ++i) {
          double total = output.bias.value(i);
          for (std::size_t h = 0; h < 2; ++h) {
            double result = 0;
            for (std::size_t f = 0; f < 4; ++f)
              result += z(b, n, h, f) * output.weight.value(4 * h + f, i);
            worst = std::max(worst, std::abs(result - results(b, n, h, i)));
            total += result;
          }
          worst = std::max(worst, std::abs(total - sum(b, n, i)));
        }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("a cache of some positions has those, in the order asked for") {
  const auto model = random_model<Model>();
  Cache<double> all({"pos_embed", "blocks.0.attn.z", "blocks.0.attn.pattern", "logits"});
  Cache<double> some({"pos_embed", "blocks.0.attn.z", "blocks.0.attn.pattern", "logits"},
                     {.positions = {5, 2}});
  model(tokens, all);
  model(tokens, some);
  CHECK(some.view("pos_embed").extents() == Extents{2, 8});
  CHECK(some.view("blocks.0.attn.z").extents() == Extents{2, 2, 2, 4});
  CHECK(some.view("blocks.0.attn.pattern").extents() == Extents{2, 2, 2, 6});
  CHECK(some.view("logits").extents() == Extents{2, 2, 9});
  CHECK(some.entries()[3].elements.capacity() == 2 * 2 * 9);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t position = i == 0 ? 5 : 2;
    CHECK(some.view("pos_embed")(i, 7) == all.view("pos_embed")(position, 7));
    for (std::size_t b = 0; b < 2; ++b) {
      CHECK(some.view("logits")(b, i, 8) == all.view("logits")(b, position, 8));
      for (std::size_t h = 0; h < 2; ++h) {
        CHECK(some.view("blocks.0.attn.z")(b, i, h, 3) ==
              all.view("blocks.0.attn.z")(b, position, h, 3));
        CHECK(some.view("blocks.0.attn.pattern")(b, h, i, 1) ==
              all.view("blocks.0.attn.pattern")(b, h, position, 1));
      }
    }
  }
}

TEST_CASE("a run replaces what the run before left") {
  const auto model = random_model<Model>();
  Cache<double> cache({"logits", "blocks.0.attn.scores"});
  model(tokens, cache);
  const auto first = cache.entries();
  const Tensor<int, 1, 3> other{{5, 4, 3}};
  const auto logits = model(other, cache);
  CHECK(cache.get<Tensor<double, 1, 3, 9>>("logits") == logits);
  CHECK(cache.view("blocks.0.attn.scores").extents() == Extents{1, 2, 3, 3});
  model(tokens, cache);
  CHECK(cache.entries()[0].elements == first[0].elements);
  CHECK(cache.entries()[1].elements == first[1].elements);
}

TEST_CASE("a cache on a tape keeps what it keeps without one") {
  const auto model = random_model<Model>();
  Cache<double> plain(all_points<Model>()), taped(all_points<Model>());
  model(tokens, plain);
  Tape tape;
  model(tape.constant(tokens), taped);
  REQUIRE(plain.entries().size() == taped.entries().size());
  for (std::size_t i = 0; i < plain.entries().size(); ++i)
    CHECK(plain.entries()[i].elements == taped.entries()[i].elements);
}

TEST_CASE("the mean of a cache is over its sequences") {
  const auto model = random_model<Model>();
  Cache<double> cache({"pos_embed", "blocks.1.attn.z", "blocks.0.attn.pattern"});
  model(tokens, cache);
  const Cache<double> mean = cache.mean_over_sequences();
  CHECK(mean.view("pos_embed").extents() == Extents{6, 8});
  CHECK(mean.view("blocks.1.attn.z").extents() == Extents{1, 6, 2, 4});
  const auto z = cache.view("blocks.1.attn.z"), pattern = cache.view("blocks.0.attn.pattern");
  CHECK(mean.view("blocks.1.attn.z")(0, 4, 1, 2) == (z(0, 4, 1, 2) + z(1, 4, 1, 2)) / 2);
  CHECK(mean.view("blocks.0.attn.pattern")(0, 1, 5, 3) ==
        (pattern(0, 1, 5, 3) + pattern(1, 1, 5, 3)) / 2);
}

TEST_CASE("a cache refuses points, positions, names and shapes that are not there") {
  using Catch::Matchers::Message;
  const auto model = random_model<Model>();
  Cache<double> wrong({"blocks.0.hook_resid_middle"});
  CHECK_THROWS_MATCHES(model(tokens, wrong), Error,
                       Message("[cache] the model has no such point: \"blocks.0.resid_middle\"; "
                               "near are blocks.0.resid_mid, blocks.1.resid_mid, "
                               "blocks.0.resid_pre"));
  Cache<double> beyond({"embed"}, {.positions = {6}});
  CHECK_THROWS_MATCHES(model(tokens, beyond), Error,
                       Message("[cache] a position to keep must be one of the sequence: embed, "
                               "position 6 of 6"));
  Cache<double> cache({"blocks.*.attn.q"});
  model(tokens, cache);
  CHECK_THROWS_MATCHES(cache.view("blocks.0.attn.k"), Error,
                       Message("[cache] no value of this name was kept: \"blocks.0.attn.k\"; near "
                               "are blocks.0.attn.q, blocks.1.attn.q"));
  CHECK_THROWS_MATCHES((cache.get<Tensor<double, dynamic, 6, 8>>("blocks.0.attn.q")), Error,
                       Message("[cache] a value is of another shape: blocks.0.attn.q is "
                               "(2, 6, 2, 4), asked for as (dynamic, 6, 8)"));
  CHECK(cache.find("embed") == nullptr);
}

TEST_CASE("a model without MLPs has no middle of a block") {
  using Bare = nn::Transformer<{.vocabulary = 9,
                                .positions = 6,
                                .width = 8,
                                .heads = 2,
                                .layers = 1,
                                .mlp = false,
                                .norm = false,
                                .bias = false,
                                .position_encoding = nn::Positions::none}>;
  const auto model = random_model<Bare>();
  Cache cache(all_points<Bare>());
  model(tokens, cache);
  CHECK(cache.entries().size() == 12);
  Cache middle({"blocks.0.resid_mid"});
  CHECK_THROWS_AS(model(tokens, middle), Error);
}
