#include <weft/io/safetensors_file.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/golden/golden.hpp>

// Values, gradients and ten AdamW steps of small transformers, against PyTorch.
// See tests/golden/make.py.

namespace {

using namespace weft;

constexpr nn::TransformerConfig full{.vocabulary = 11,
                                     .positions = 5,
                                     .width = 8,
                                     .heads = 2,
                                     .layers = 2,
                                     .mlp_width = 12};

constexpr nn::TransformerConfig attention_only = [] {
  auto config = full;
  config.mlp = config.norm = config.bias = false;
  return config;
}();

constexpr nn::TransformerConfig tied = [] {
  auto config = full;
  config.bias = false;
  config.tied = true;
  config.position_encoding = nn::Positions::sinusoidal;
  return config;
}();

constexpr nn::TransformerConfig no_norm = [] {
  auto config = full;
  config.norm = false;
  config.position_encoding = nn::Positions::none;
  return config;
}();

constexpr nn::TransformerConfig no_mlp = [] {
  auto config = full;
  config.mlp = false;
  config.tied = true;
  config.position_encoding = nn::Positions::none;
  return config;
}();

// The tensors of a golden file.
class Golden {
 public:
  explicit Golden(const std::string& name) : file_(weft_tests::golden_file(name)) {}

  template <class T = double>
  std::vector<T> read(const std::string& name) const {
    const SafetensorsFile::Entry* entry = file_.find(name);
    if (!entry) fail("golden", "no tensor has this name", name);
    std::vector<T> values((entry->end - entry->begin) / sizeof(T));
    file_.copy_to(values.data(), *entry);
    return values;
  }

 private:
  SafetensorsFile file_;
};

// The greatest |actual - expected| / max(1, |expected|); infinite where the lengths differ.
template <class T>
double difference(const T* actual, std::size_t size, const std::vector<double>& expected) {
  if (size != expected.size()) return HUGE_VAL;
  double worst = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double scale = std::max(1.0, std::abs(expected[i]));
    const double error = std::abs(static_cast<double>(actual[i]) - expected[i]) / scale;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

template <class T>
struct NamedParameter {
  std::string path;
  T* data;
  std::size_t size;
};

template <class T, nn::TransformerConfig config>
void compare(const std::string& name, double tolerance) {
  const Golden golden(name);
  nn::Transformer<config, T> model;
  std::vector<NamedParameter<T>> parameters;
  for_each_parameter(model, [&](const std::string& path, auto& parameter) {
    parameters.push_back({path, parameter.value.data(), parameter.value.size()});
  });
  for (const auto& parameter : parameters) {
    const std::vector<double> before = golden.read("before." + parameter.path);
    REQUIRE(before.size() == parameter.size);
    for (std::size_t i = 0; i < before.size(); ++i) parameter.data[i] = static_cast<T>(before[i]);
  }
  Tensor<int, 3, 5> tokens, targets;
  std::ranges::copy(golden.read<int>("tokens"), tokens.data());
  std::ranges::copy(golden.read<int>("targets"), targets.data());
  const std::vector<double> losses = golden.read("losses");

  AdamW optimizer{model,
                  {.learning_rate = 2e-3,
                   .beta1 = 0.9,
                   .beta2 = 0.98,
                   .weight_decay = 0.01,
                   .clip_norm = 1}};
  Tape tape;
  for (std::size_t step = 0; step < 10; ++step) {
    CAPTURE(step);
    const auto logits = model(tape.constant(tokens));
    const auto loss = cross_entropy(logits, targets, {.ignore = -1});
    tape.backward(loss);
    CHECK(difference(loss.data(), 1, {losses[step]}) < tolerance);
    if (step == 0) {
      CHECK(difference(logits.data(), logits.size(), golden.read("logits")) < tolerance);
      for (const auto& [path, data, size] : parameters) {
        CAPTURE(path);
        const T* gradient = tape.gradients().collected(data);
        REQUIRE(gradient);
        CHECK(difference(gradient, size, golden.read("gradient." + path)) < tolerance);
      }
    }
    CHECK(optimizer.step(tape).without_gradient.empty());
    tape.reset();
  }
  for (const auto& [path, data, size] : parameters) {
    // All keys of a query get the same from a key's bias, so its gradient is zero but for rounding,
    // and Adam divides rounding errors by their own size. It has no influence on the logits.
    if (std::is_same_v<T, float> && path.ends_with("key.bias")) continue;
    CAPTURE(path);
    CHECK(difference(data, size, golden.read("after." + path)) < tolerance);
  }
}

template <nn::TransformerConfig config>
void compare(const std::string& name) {
  compare<double, config>(name, 1e-10);
  compare<float, config>(name, 1e-5);
}

}  // namespace

TEST_CASE("a transformer with all its parts agrees with PyTorch through ten steps") {
  compare<full>("transformer_full.safetensors");
}

TEST_CASE("a transformer of attention only agrees with PyTorch through ten steps") {
  compare<attention_only>("transformer_attention_only.safetensors");
}

TEST_CASE("a tied transformer with sinusoidal positions agrees with PyTorch through ten steps") {
  compare<tied>("transformer_tied.safetensors");
}

TEST_CASE("a transformer without norms and positions agrees with PyTorch through ten steps") {
  compare<no_norm>("transformer_no_norm.safetensors");
}

TEST_CASE("a tied transformer without MLP agrees with PyTorch through ten steps") {
  compare<no_mlp>("transformer_no_mlp.safetensors");
}
