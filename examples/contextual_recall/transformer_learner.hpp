#pragma once

#include "model.hpp"
#include "settings.hpp"

#include <weft/core/select.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <algorithm>
#include <memory>

namespace contextual_recall {

// A transformer behind the functions of a Learner.
template <weft::nn::TransformerConfig Config>
class TransformerLearner {
  static constexpr std::size_t positions = Config.positions;
  using Model = weft::nn::Transformer<Config>;
  using Tokens = weft::View<const int, weft::dynamic, positions>;
  using Targets = weft::Tensor<int, weft::dynamic, positions>;

 public:
  TransformerLearner(Model model, weft::LaneOptions lanes)
      : model_(std::move(model)), lanes_(lanes) {
    if (lanes_.microbatch == 0) lanes_.microbatch = fitting_microbatch();
  }

  weft::TrainingState train(const Training& training) {
    weft::AdamW optimizer{model_, training.optimizer};
    weft::Trainer trainer{model_, optimizer, lanes_};
    Batch batch;
    Targets targets;
    const auto make_batch = [&](std::size_t step) {
      batch = training.draw(step);
      targets = targets_of(batch);
      return batch.texts.rows();
    };
    return trainer.run(training.options, make_batch, loss_of(batch.texts, targets),
                       training.evaluate);
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
      const auto keep = [&](const weft::Point& point, const auto& value) {
        if (point.name != "resid_post") return;
        for (std::size_t row = 0; row < count; ++row)
          std::copy_n(value.data() + (row * positions + positions - 1) * Config.width, Config.width,
                      result.residual.data() +
                          ((begin + row) * Config.layers + point.layer) * Config.width);
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
    return std::make_shared<TransformerLearner>(model_, lanes_);
  }

  const weft::LaneOptions& lanes() const { return lanes_; }

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

    void operator()(const weft::Point&, const auto&) const {}
    void see_head(const weft::Point& point, const weft::HeadIndex&, const auto& pattern) const {
      if (point.name != "attn.pattern") return;
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
  static Targets targets_of(const Batch& batch) {
    const Texts& texts = batch.texts;
    Targets targets(texts.rows());
    for (std::size_t row = 0; row < texts.rows(); ++row)
      for (std::size_t position = 0; position < positions; ++position) {
        const bool counts = batch.loss == LossAt::every_position || position + 1 == positions;
        targets(row, position) = counts ? texts.row(row)[position + 1] : -1;
      }
    return targets;
  }

  // The mean loss of some rows, as Lanes::step() asks for it, of what texts and targets then are.
  auto loss_of(const Texts& texts, const Targets& targets) const {
    return [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      const auto logits = model_(tape.constant(inputs_of(texts).rows(begin, count)));
      return weft::cross_entropy(logits, targets.view().rows(begin, count), {.ignore = -1});
    };
  }

  // The rows of a microbatch that weft chooses for this model. It does so in the first step, so
  // this makes one; here, so that they are known before a run starts.
  std::size_t fitting_microbatch() const {
    const Texts text{positions + 1, std::vector<int>(positions + 1), {}};
    const Targets targets = targets_of({text, LossAt::every_position});
    weft::Lanes lanes{model_, {.lanes = 1, .threads = 1}};
    lanes.step(1, loss_of(text, targets));
    return lanes.microbatch();
  }

  // Calls function(begin, count, tokens) for pieces of the rows, on all threads. What a forward
  // pass keeps of a microbatch fits a core's cache, so evaluation has pieces of the same size.
  template <class Function>
  void for_each_piece(const Texts& texts, Function function) const {
    const Tokens tokens = inputs_of(texts);
    weft::for_each_microbatch(texts.rows(), lanes_.microbatch, lanes_.threads,
                              [&](std::size_t begin, std::size_t count) {
                                function(begin, count, tokens.rows(begin, count));
                              });
  }

  Model model_;
  weft::LaneOptions lanes_;
};

template <weft::nn::TransformerConfig Config>
Learner learner_of(std::shared_ptr<TransformerLearner<Config>> model) {
  return {.train = [model](const Training& training) { return model->train(training); },
          .predict = [model](const Texts& texts) { return model->predict(texts); },
          .observe = [model](const Texts& texts) { return model->observe(texts); },
          .patterns = [model](const Texts& texts) { return model->patterns(texts); },
          .save = [model](const std::string& path) { model->save(path); },
          .clone = [model] { return learner_of<Config>(model->clone()); },
          .config = Config,
          .parameters = model->parameters(),
          .lanes = model->lanes()};
}

// For Preset::make_learner.
template <weft::nn::TransformerConfig Config>
Learner make_transformer_learner(const weft::Random& random, int threads) {
  auto model = weft::init<weft::nn::Transformer<Config>>(random, first_values(Config));
  return learner_of<Config>(std::make_shared<TransformerLearner<Config>>(
      std::move(model), weft::LaneOptions{.threads = threads}));
}

}  // namespace contextual_recall
