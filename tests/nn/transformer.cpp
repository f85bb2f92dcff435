#include <weft/nn/transformer.hpp>
#include <weft/ops/sum.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <map>
#include <vector>

namespace {

using namespace weft;

constexpr nn::TransformerConfig paper{.vocabulary = 118,
                                      .positions = 24,
                                      .width = 64,
                                      .heads = 4,
                                      .layers = 2,
                                      .mlp = false,
                                      .norm = false,
                                      .bias = false};
constexpr nn::TransformerConfig small{
    .vocabulary = 9, .positions = 6, .width = 8, .heads = 2, .layers = 2};

using Small = nn::Transformer<small, double>;

// Random enough that nothing cancels by symmetry.
Small random_model() {
  return init<Small>(Random{3}, [](std::string_view, auto& parameter, const Random& random) {
    nn::init::normal(0.5)(parameter, random);
  });
}

template <class Model>
std::vector<std::string> paths_of(Model& model) {
  std::vector<std::string> paths;
  for_each_parameter(model, [&](const std::string& path, auto&) { paths.push_back(path); });
  return paths;
}

template <class Model>
std::size_t count_elements(Model& model) {
  std::size_t count = 0;
  for_each_parameter(model, [&](auto&, auto& parameter) { count += parameter.value.size(); });
  return count;
}

// Remembers what passes it.
struct Recorder {
  std::vector<std::string> order;
  std::map<std::string, std::vector<double>> values;    // "resid_post 1"
  std::map<std::string, std::vector<double>> of_heads;  // "attn.pattern 0", by batch and head

  void operator()(const Point& point, const auto& value) {
    order.push_back(key(point));
    values[order.back()].assign(value.data(), value.data() + value.size());
  }
  void see_head(const Point& point, const HeadIndex&, const auto& view) {
    auto& all = of_heads[key(point)];
    for (std::size_t i = 0; i < view.extent(0); ++i)
      for (std::size_t j = 0; j < view.extent(1); ++j) all.push_back(view(i, j));
  }

  static std::string key(const Point& point) {
    const std::string name(point.name);
    return point.layer == no_layer ? name : name + " " + std::to_string(point.layer);
  }
};

std::vector<double> elements(const auto& x) { return {x.data(), x.data() + x.size()}; }

}  // namespace

TEST_CASE("a transformer's parameters have the paths of its parts") {
  nn::Transformer<{.vocabulary = 7, .positions = 3, .width = 4, .heads = 1, .layers = 1}> model;
  CHECK(paths_of(model) == std::vector<std::string>{
                               "embed.weight", "pos_embed.weight",
                               "blocks.0.ln1.weight", "blocks.0.ln1.bias",
                               "blocks.0.attn.query.weight", "blocks.0.attn.query.bias",
                               "blocks.0.attn.key.weight", "blocks.0.attn.key.bias",
                               "blocks.0.attn.value.weight", "blocks.0.attn.value.bias",
                               "blocks.0.attn.output.weight", "blocks.0.attn.output.bias",
                               "blocks.0.ln2.weight", "blocks.0.ln2.bias",
                               "blocks.0.mlp.in.weight", "blocks.0.mlp.in.bias",
                               "blocks.0.mlp.out.weight", "blocks.0.mlp.out.bias",
                               "ln_final.weight", "ln_final.bias", "unembed.weight"});
}

TEST_CASE("parts switched off contribute no parameter") {
  nn::Transformer<paper> model;
  const auto paths = paths_of(model);
  CHECK(paths.size() == 2 + 2 * 4 + 1);
  CHECK(count_elements(model) == 49408);  // contextual recall, section 3.5

  constexpr auto tied = [] {
    auto config = paper;
    config.tied = true;
    config.position_encoding = nn::Positions::sinusoidal;
    return config;
  }();
  nn::Transformer<tied> tied_model;
  CHECK(count_elements(tied_model) == 49408 - 24 * 64 - 64 * 118);
}

TEST_CASE("a transformer on a tape gives the bits it gives without") {
  const auto model = random_model();
  const Tensor<int, dynamic, 6> tokens{{0, 8, 3, 3, 1, 7}, {5, 4, 3, 2, 1, 0}};
  const Tensor<double, dynamic, 6, 9> plain = model(tokens);
  Tape tape;
  const auto taped = model(tape.constant(tokens));
  CHECK(taped.is_differentiated());
  CHECK(elements(plain) == elements(taped));
}

TEST_CASE("the logits of one position are those of its residual stream") {
  const auto model = random_model();
  const Tensor<int, dynamic, 6> tokens{{0, 8, 3, 3, 1, 7}, {5, 4, 3, 2, 1, 0}};
  const auto logits = model(tokens);
  const auto stream = model.residual_stream(tokens);
  const auto last = model.logits_of(stream.view().slice<1, 5, 1>());
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t v = 0; v < 9; ++v)
      CHECK_THAT(last(b, 0, v), Catch::Matchers::WithinAbs(logits(b, 5, v), 1e-12));
}

TEST_CASE("a probe sees every point, in order, and changes no bit") {
  const auto model = random_model();
  const Tensor<int, 1, 6> tokens{{0, 8, 3, 3, 1, 7}};
  Recorder recorder;
  const auto logits = model(tokens, recorder);
  CHECK(elements(logits) == elements(model(tokens)));
  CHECK(recorder.order ==
        std::vector<std::string>{
            "embed", "pos_embed",
            "resid_pre 0", "attn.q 0", "attn.k 0", "attn.v 0", "attn.z 0", "attn_out 0",
            "resid_mid 0", "mlp.pre 0", "mlp.post 0", "mlp_out 0", "resid_post 0",
            "resid_pre 1", "attn.q 1", "attn.k 1", "attn.v 1", "attn.z 1", "attn_out 1",
            "resid_mid 1", "mlp.pre 1", "mlp.post 1", "mlp_out 1", "resid_post 1",
            "ln_final", "logits"});
  CHECK(recorder.values["logits"] == elements(logits));
  CHECK(recorder.values["resid_post 0"] == recorder.values["resid_pre 1"]);
  CHECK(recorder.values["resid_pre 0"] != recorder.values["resid_post 0"]);

  Tape tape;
  Recorder on_tape;
  model(tape.constant(tokens), on_tape);
  CHECK(on_tape.order == recorder.order);
  CHECK(on_tape.values == recorder.values);
  CHECK(on_tape.of_heads == recorder.of_heads);
}

TEST_CASE("the residual stream is the sum of what the points before it show") {
  const auto model = random_model();
  const Tensor<int, 1, 6> tokens{{0, 8, 3, 3, 1, 7}};
  Recorder recorder;
  model(tokens, recorder);
  for (const std::string layer : {"0", "1"}) {
    const auto& values = recorder.values;
    for (std::size_t i = 0; i < 6 * 8; ++i) {
      const double mid = values.at("resid_pre " + layer)[i] + values.at("attn_out " + layer)[i];
      CHECK(values.at("resid_mid " + layer)[i] == mid);
      CHECK(values.at("resid_post " + layer)[i] == mid + values.at("mlp_out " + layer)[i]);
    }
  }
}

TEST_CASE("a probe sees patterns that are the softmax of the scores, and the z they make") {
  const auto model = random_model();
  const Tensor<int, 2, 6> tokens{{0, 8, 3, 3, 1, 7}, {5, 4, 3, 2, 1, 0}};
  Recorder recorder;
  model(tokens, recorder);
  constexpr std::size_t n = 6, width = 8, of_head = 4;
  for (const std::string layer : {"0", "1"}) {
    const auto& scores = recorder.of_heads["attn.scores " + layer];
    const auto& pattern = recorder.of_heads["attn.pattern " + layer];
    const auto& q = recorder.values["attn.q " + layer];
    const auto& k = recorder.values["attn.k " + layer];
    const auto& v = recorder.values["attn.v " + layer];
    const auto& z = recorder.values["attn.z " + layer];
    REQUIRE(pattern.size() == 2 * 2 * n * n);
    REQUIRE(scores.size() == pattern.size());
    double worst = 0;
    const auto show = [&](double a, double b) { worst = std::max(worst, std::abs(a - b)); };
    for (std::size_t batch = 0; batch < 2; ++batch)
      for (std::size_t head = 0; head < 2; ++head)
        for (std::size_t i = 0; i < n; ++i) {
          const std::size_t row = ((batch * 2 + head) * n + i) * n;
          const auto feature = [&](const auto& x, std::size_t position, std::size_t f) {
            return x[(batch * n + position) * width + head * of_head + f];
          };
          double total = 0;
          for (std::size_t j = 0; j < n; ++j) {
            if (j > i) {
              CHECK(pattern[row + j] == 0);
              CHECK(scores[row + j] == -HUGE_VAL);
              continue;
            }
            double score = 0;
            for (std::size_t f = 0; f < of_head; ++f) score += feature(q, i, f) * feature(k, j, f);
            show(scores[row + j], score / 2);  // sqrt of 4 features
            total += std::exp(scores[row + j]);
          }
          for (std::size_t j = 0; j <= i; ++j)
            show(pattern[row + j], std::exp(scores[row + j]) / total);
          for (std::size_t f = 0; f < of_head; ++f) {
            double sum = 0;
            for (std::size_t j = 0; j <= i; ++j) sum += pattern[row + j] * feature(v, j, f);
            show(feature(z, i, f), sum);
          }
        }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("a later token changes no earlier logits") {
  const auto model = random_model();
  const auto first = model(Tensor<int, 1, 6>{{0, 8, 3, 3, 1, 7}});
  const auto second = model(Tensor<int, 1, 6>{{0, 8, 3, 3, 2, 7}});
  for (std::size_t n = 0; n < 4; ++n)
    for (std::size_t i = 0; i < 9; ++i) CHECK(first(0, n, i) == second(0, n, i));
  CHECK(first(0, 4, 0) != second(0, 4, 0));
  CHECK(first(0, 5, 0) != second(0, 5, 0));
}

TEST_CASE("a shorter sequence has the logits of a longer one's beginning") {
  const auto model = random_model();
  const auto longer = model(Tensor<int, 1, 6>{{0, 8, 3, 3, 1, 7}});
  const Tensor<int, 1, 3> beginning{{0, 8, 3}};
  const auto shorter = model(beginning);
  double worst = 0;
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t i = 0; i < 9; ++i)
      worst = std::max(worst, std::abs(shorter(0, n, i) - longer(0, n, i)));
  CHECK(worst < 1e-12);

  // Only the positions in use get a gradient other than zero.
  Tape tape;
  tape.backward(sum(model(tape.constant(beginning))));
  const double* gradient = tape.gradients().collected(model.pos_embed.weight.value.data());
  REQUIRE(gradient);
  CHECK(gradient[2 * 8] != 0);
  for (std::size_t i = 3 * 8; i < 6 * 8; ++i) CHECK(gradient[i] == 0);
}

TEST_CASE("sequences of a batch do not see each other") {
  const auto model = random_model();
  const auto together = model(Tensor<int, 2, 6>{{0, 8, 3, 3, 1, 7}, {5, 4, 3, 2, 1, 0}});
  const auto alone = model(Tensor<int, 1, 6>{{5, 4, 3, 2, 1, 0}});
  double worst = 0;
  for (std::size_t n = 0; n < 6; ++n)
    for (std::size_t i = 0; i < 9; ++i)
      worst = std::max(worst, std::abs(together(1, n, i) - alone(0, n, i)));
  CHECK(worst < 1e-12);
}

TEST_CASE("a transformer refuses a token outside its vocabulary") {
  const auto model = random_model();
  CHECK_THROWS_AS(model(Tensor<int, 1, 6>{{0, 8, 3, 9, 1, 7}}), Error);
  CHECK_THROWS_AS(model(Tensor<int, 1, 6>{{0, 8, 3, -1, 1, 7}}), Error);
  CHECK_THROWS_WITH(model(Tensor<int, 1, 6>{{0, 8, 3, 9, 1, 7}}),
                    Catch::Matchers::ContainsSubstring("9"));
}

TEST_CASE("sinusoidal positions are sines and cosines of falling frequency") {
  const nn::SinusoidalPositions<30, 6, double> positions;
  CHECK(positions.weight(0, 0) == 0);
  CHECK(positions.weight(0, 1) == 1);
  CHECK(positions.weight(7, 0) == std::sin(7.0));
  CHECK(positions.weight(7, 1) == std::cos(7.0));
  CHECK(std::abs(positions.weight(29, 4) - std::sin(29 / std::pow(10000.0, 4.0 / 6))) < 1e-15);
  CHECK(std::abs(positions.weight(29, 5) - std::cos(29 / std::pow(10000.0, 4.0 / 6))) < 1e-15);
}
