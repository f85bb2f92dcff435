#pragma once

#include "learner.hpp"

#include <weft/core/select.hpp>
#include <weft/io/npy.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <algorithm>
#include <memory>
#include <string_view>

namespace contextual_recall {

// Attention and nothing else: no MLP, norm or biases; learned positions; an output of its own.
constexpr weft::nn::TransformerConfig attention_only(const WorldSize& world, std::size_t width,
                                                     std::size_t heads, std::size_t layers) {
  return {.vocabulary = static_cast<std::size_t>(world.vocabulary()),
          .positions = static_cast<std::size_t>(world.positions()),
          .width = width,
          .heads = heads,
          .layers = layers,
          .mlp = false,
          .norm = false,
          .bias = false};
}

// A transformer behind the functions of a Learner.
template <weft::nn::TransformerConfig Config>
class TransformerLearner {
  static constexpr std::size_t positions = Config.positions;
  using Model = weft::nn::Transformer<Config>;
  using Tokens = weft::View<const int, weft::dynamic, positions>;

 public:
  TransformerLearner(Model model, int threads) : model_(std::move(model)), threads_(threads) {}

  weft::TrainingState train(const Training& training) {
    weft::AdamW optimizer{model_,
                          {.learning_rate = training.learning_rate,
                           .beta1 = 0.9,
                           .beta2 = 0.98,
                           .weight_decay = 0,
                           .clip_norm = 1}};
    weft::Trainer trainer{model_, optimizer, {.threads = threads_}};
    Batch batch;
    weft::Tensor<int, weft::dynamic, positions> targets;
    const auto make_batch = [&](std::size_t step) {
      batch = training.draw(step);
      targets = targets_of(batch);
      return batch.texts.rows();
    };
    const auto loss = [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      const auto logits = model_(tape.constant(inputs_of(batch.texts).rows(begin, count)));
      return weft::cross_entropy(logits, targets.view().rows(begin, count), {.ignore = -1});
    };
    return trainer.run(training.options, make_batch, loss, training.evaluate);
  }

  std::vector<int> predict(const Texts& texts) const {
    std::vector<int> predicted(texts.rows() * positions);
    for_each_piece(texts, [&](std::size_t begin, std::size_t, const Tokens& tokens) {
      const auto answers = weft::argmax(model_(tokens));
      std::copy(answers.begin(), answers.end(),
                predicted.begin() + static_cast<std::ptrdiff_t>(begin * positions));
    });
    return predicted;
  }

  Activations observe(const Texts& texts) const {
    Activations result{texts.rows(), Config.layers, Config.width, {}};
    result.residual.resize(texts.rows() * Config.layers * Config.width);
    for_each_piece(texts, [&](std::size_t begin, std::size_t count, const Tokens& tokens) {
      // (batch, position, feature) after each block
      const auto keep = [&](std::string_view name, std::size_t layer, const auto& value) {
        if (name != "resid_post") return;
        for (std::size_t row = 0; row < count; ++row)
          std::copy_n(value.data() + (row * positions + positions - 1) * Config.width, Config.width,
                      result.residual.data() +
                          ((begin + row) * Config.layers + layer) * Config.width);
      };
      model_(tokens, keep);
    });
    return result;
  }

  Patterns patterns(const Texts& texts) const {
    Patterns result{Config.layers, Config.heads, positions, {}};
    model_(inputs_of(texts).rows(0, 1), KeepPatterns{result.weights});
    return result;
  }

  void save(const std::string& path) const { weft::save_safetensors(path, model_); }

  std::shared_ptr<TransformerLearner> clone() const {
    return std::make_shared<TransformerLearner>(model_, threads_);
  }

  // Products of one text's forward pass: four projections and two halves of causal attention a
  // layer, and the output.
  static constexpr double flops_per_text() {
    constexpr double n = positions, d = Config.width;
    constexpr double projections = 8 * d * d, attention = 2 * d * (n + 1);
    return n * (Config.layers * (projections + attention) + 2 * d * Config.vocabulary);
  }

  std::size_t parameters() const {
    std::size_t count = 0;
    weft::for_each_parameter(model_, [&](const std::string&, const auto& parameter) {
      count += parameter.value.size();
    });
    return count;
  }

 private:
  // Collects the attention patterns, head after head.
  struct KeepPatterns {
    std::vector<float>& weights;

    void operator()(const char*, std::size_t, const auto&) const {}
    void operator()(std::string_view name, std::size_t, std::size_t, std::size_t,
                    const auto& pattern) const {
      if (name != "attn.pattern") return;
      for (std::size_t query = 0; query < positions; ++query)
        for (std::size_t key = 0; key < positions; ++key)
          weights.push_back(pattern(query, key));
    }
  };

  // All but the last token of each row, where they are.
  static Tokens inputs_of(const Texts& texts) {
    return Tokens(texts.tokens.data(), texts.rows(), {texts.length, 1});
  }

  // The token after each position; -1 where it does not count.
  static weft::Tensor<int, weft::dynamic, positions> targets_of(const Batch& batch) {
    const Texts& texts = batch.texts;
    weft::Tensor<int, weft::dynamic, positions> targets(texts.rows());
    for (std::size_t row = 0; row < texts.rows(); ++row)
      for (std::size_t position = 0; position < positions; ++position) {
        const bool counts = batch.loss == LossAt::every_position || position + 1 == positions;
        targets(row, position) = counts ? texts.row(row)[position + 1] : -1;
      }
    return targets;
  }

  // Calls function(begin, count, tokens) for pieces of the rows, on all threads.
  template <class Function>
  void for_each_piece(const Texts& texts, Function function) const {
    const Tokens tokens = inputs_of(texts);
    weft::for_each_microbatch(texts.rows(), 8, threads_,
                              [&](std::size_t begin, std::size_t count) {
                                function(begin, count, tokens.rows(begin, count));
                              });
  }

  Model model_;
  int threads_;
};

template <weft::nn::TransformerConfig Config>
Learner learner_of(std::shared_ptr<TransformerLearner<Config>> model) {
  return {.train = [model](const Training& training) { return model->train(training); },
          .predict = [model](const Texts& texts) { return model->predict(texts); },
          .observe = [model](const Texts& texts) { return model->observe(texts); },
          .save_activations =
              [](const std::string& path, const Activations& activations) {
                weft::save_npy(path, weft::View<const float, weft::dynamic, Config.layers,
                                                Config.width>(activations.residual.data(),
                                                              activations.rows));
              },
          .patterns = [model](const Texts& texts) { return model->patterns(texts); },
          .save = [model](const std::string& path) { model->save(path); },
          .clone = [model] { return learner_of<Config>(model->clone()); },
          .flops_per_text = model->flops_per_text(),
          .parameters = model->parameters()};
}

// For Preset::make_learner. First values as section 3.5 of the paper page gives them.
template <weft::nn::TransformerConfig Config>
Learner make_transformer_learner(const weft::Random& random, int threads) {
  const double deviation = 1 / std::sqrt(static_cast<double>(Config.width));
  auto model = weft::init<weft::nn::Transformer<Config>>(
      random, weft::nn::TransformerInit{.embedding = 0.5,
                                        .position = 0.3,
                                        .query = deviation,
                                        .key = deviation,
                                        .value = deviation,
                                        .attention_output = 0.5 * deviation,
                                        .unembedding = deviation});
  return learner_of<Config>(
      std::make_shared<TransformerLearner<Config>>(std::move(model), threads));
}

}  // namespace contextual_recall
