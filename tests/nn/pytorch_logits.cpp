#include <weft/io/npy.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/golden/golden.hpp>
#include <tests/io/python.hpp>

#include <cstdlib>

// A model trained here and saved gives the same logits in PyTorch, by tests/golden/logits.py.
//
// trained_*.safetensors, tokens and logits beside it are such a model and what PyTorch made of it,
// for where there is no PyTorch. With WEFT_GOLDEN set to a folder the tests write them there.

using namespace weft;

namespace {

constexpr nn::TransformerConfig full{
    .vocabulary = 13, .positions = 7, .width = 12, .heads = 3, .layers = 2, .mlp_width = 20};

constexpr nn::TransformerConfig attention_only = [] {
  auto config = full;
  config.mlp = config.norm = config.bias = false;
  return config;
}();

using Tokens = Tensor<int, 4, 7>;
using Logits = Tensor<float, 4, 7, 13>;

// Trained to say which token came two before, far enough for its logits to differ from those of a
// new model by more than one.
template <class Model>
Model trained_model() {
  Model model = init<Model>(Random{5});
  AdamW optimizer{model, {.learning_rate = 3e-2f}};
  Random random{6};
  Tape tape;
  for (int step = 0; step < 60; ++step) {
    Tensor<int, 16, 7> tokens, targets;
    for (int& token : tokens) token = static_cast<int>(random.integer(13));
    for (std::size_t b = 0; b < 16; ++b)
      for (std::size_t n = 0; n < 7; ++n) targets(b, n) = n < 2 ? -1 : tokens(b, n - 2);
    tape.backward(cross_entropy(model(tape.constant(tokens)), targets, {.ignore = -1}));
    optimizer.step(tape);
    tape.reset();
  }
  return model;
}

Tokens some_tokens() {
  Random random{7};
  Tokens tokens;
  for (int& token : tokens) token = static_cast<int>(random.integer(13));
  return tokens;
}

double greatest_difference(const Logits& a, const Logits& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(std::abs(a.data()[i] - b.data()[i]));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

// Whether PyTorch ran on model.safetensors and tokens.npy of a folder, as PREFIX.
bool run_script(const std::string& python, const std::string& prefix) {
  const auto quoted = [](const std::string& path) { return " '" + path + "'"; };
  const std::string command = quoted(python) + quoted(weft_tests::golden_file("logits.py")) +
                              quoted(prefix + ".safetensors") + quoted(prefix + "_tokens.npy") +
                              quoted(prefix + "_logits.npy");
  return std::system(command.c_str()) == 0;
}

template <nn::TransformerConfig config>
void check_fresh(const std::string& name) {
  const std::string python = python::find("torch, numpy");
  if (python.empty()) SKIP("not run: no Python with PyTorch and NumPy here");
  const auto model = trained_model<nn::Transformer<config>>();
  const TemporaryFolder folder;
  const char* kept = std::getenv("WEFT_GOLDEN");
  const std::string prefix = kept ? std::string(kept) + '/' + name : folder / name;
  save_safetensors(prefix + ".safetensors", model, {{"heads", std::to_string(config.heads)}});
  save_npy(prefix + "_tokens.npy", some_tokens());
  REQUIRE(run_script(python, prefix));
  const auto expected = load_npy<Logits>(prefix + "_logits.npy");
  CHECK(greatest_difference(model(some_tokens()), expected) < 1e-5);
  const auto untrained = init<nn::Transformer<config>>(Random{5});
  CHECK(greatest_difference(untrained(some_tokens()), expected) > 1);
}

template <nn::TransformerConfig config>
void check_stored(const std::string& name) {
  const std::string prefix = weft_tests::golden_file(name);
  nn::Transformer<config> model;
  load_safetensors(prefix + ".safetensors", model);
  const auto tokens = load_npy<Tokens>(prefix + "_tokens.npy");
  const auto expected = load_npy<Logits>(prefix + "_logits.npy");
  CHECK(greatest_difference(model(tokens), expected) < 1e-5);
}

}  // namespace

TEST_CASE("a transformer with all its parts, trained and saved, has the same logits in PyTorch") {
  check_fresh<full>("trained_full");
}

TEST_CASE("a transformer of attention only, trained and saved, has the same logits in PyTorch") {
  check_fresh<attention_only>("trained_attention_only");
}

TEST_CASE("trained transformers have the logits that PyTorch once gave for their files") {
  check_stored<full>("trained_full");
  check_stored<attention_only>("trained_attention_only");
}
