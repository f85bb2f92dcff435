#pragma once

#include "regression_learner.hpp"
#include "regression_task.hpp"
#include "regressor.hpp"

#include "../experiment/model_file.hpp"
#include "../experiment/processes.hpp"
#include "../experiment/train_model.hpp"

#include <weft/ops/mean_squared_error.hpp>
#include <weft/ops/slice.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace task_vectors {

// A regressor for sequences of one size behind the functions of a RegressionLearner.
template <RegressionSize Size, weft::nn::TransformerConfig Network>
class RegressorLearner {
  static constexpr weft::nn::TransformerConfig Config = [] {
    weft::nn::TransformerConfig config = Network;
    config.positions = Size.positions();
    return config;
  }();
  static constexpr std::size_t positions = Size.positions(), features = Size.features();
  static constexpr std::size_t tokens_per_pair = positions / Size.pairs;
  static constexpr std::size_t token_size = positions * features;
  using Model = Regressor<Config, features>;
  using Tokens = weft::View<const float, weft::dynamic, positions, features>;
  using StoredTokens = weft::Tensor<float, weft::dynamic, positions, features>;
  using Targets = weft::View<const float, weft::dynamic, Size.pairs>;

 public:
  RegressorLearner(const weft::Random& random, weft::LaneOptions lanes)
      : model_(weft::init<Model>(random)), lanes_(lanes) {
    if (lanes_.threads == 0) lanes_.threads = weft::default_threads();
    const RegressionBatch one{std::vector<float>(token_size), std::vector<float>(Size.pairs)};
    if (lanes_.microbatch == 0)
      lanes_.microbatch = experiment::fitting_microbatch(model_, loss_of(one));
  }

  weft::TrainingState train(const RegressionTraining& training) {
    return experiment::train_model(
        model_, lanes_, training,
        [](const RegressionBatch& batch) { return batch.targets.size() / Size.pairs; },
        [&](const RegressionBatch& batch) { return loss_of(batch); });
  }

  // edit: a weft::Edit, or nothing.
  template <class Edit = weft::NoProbe>
  std::vector<float> predict(const std::vector<float>& tokens, const Edit& edit = {}) const {
    std::vector<float> result(tokens.size() / token_size * Size.pairs);
    for_each_piece(tokens, [&](std::size_t begin, std::size_t count, const Tokens& piece) {
      const auto values = of_pairs(model_(piece, edit));
      std::copy_n(values.data(), count * Size.pairs, result.data() + begin * Size.pairs);
    });
    return result;
  }

  experiment::Activations observe(const std::vector<float>& tokens,
                                  const std::vector<std::size_t>& at) const {
    experiment::Activations result{tokens.size() / token_size, Config.layers, at.size(),
                                   Config.width, {}, {}};
    result.residual.resize(result.rows * Config.layers * at.size() * Config.width);
    for_each_piece(tokens, [&](std::size_t begin, std::size_t count, const Tokens& piece) {
      const auto keep = [&](const weft::Point& point, const auto& value) {
        if (point.name == "resid_post")
          result.keep(begin, count, point.layer, value.data(), positions, at);
      };
      model_(piece, keep);
    });
    return result;
  }

  void save(const std::string& path) const {
    StoredTokens tokens(1);
    for (std::size_t i = 0; i < token_size; ++i)
      tokens.data()[i] = static_cast<float>(std::sin(1 + i));
    experiment::save_model(path, model_, tokens);
  }
  void load(const std::string& path) { experiment::load_model<StoredTokens>(path, model_); }

  static constexpr weft::nn::TransformerConfig config() { return Config; }
  const weft::LaneOptions& lanes() const { return lanes_; }
  std::size_t parameters() const { return experiment::parameter_count(model_); }

 private:
  // The predictions of the pairs, (sequence, pair), of those of all positions.
  static auto of_pairs(const auto& y) {
    if constexpr (tokens_per_pair == 1) {
      return y;
    } else {
      const auto by_pair = weft::reshape<weft::dynamic, Size.pairs, tokens_per_pair>(y);
      return weft::reshape<weft::dynamic, Size.pairs>(weft::slice<2, 0, 1>(by_pair));
    }
  }

  // The mean loss of some sequences, as Lanes::step() asks for it, of what the batch then is.
  auto loss_of(const RegressionBatch& batch) const {
    return [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      const Tokens tokens(batch.tokens.data(), batch.tokens.size() / token_size);
      const Targets targets(batch.targets.data(), batch.targets.size() / Size.pairs);
      return weft::mean_squared_error(of_pairs(model_(tape.constant(tokens.rows(begin, count)))),
                                      targets.rows(begin, count));
    };
  }

  // Calls function(begin, count, tokens) for pieces of the sequences, on all threads.
  template <class Function>
  void for_each_piece(const std::vector<float>& tokens, Function function) const {
    const Tokens all(tokens.data(), tokens.size() / token_size);
    weft::for_each_microbatch(all.leading(), lanes_.microbatch, lanes_.threads,
                              [&](std::size_t begin, std::size_t count) {
                                function(begin, count, all.rows(begin, count));
                              });
  }

  Model model_;
  weft::LaneOptions lanes_;
};

// For RegressionSettings::make_learner. Sizes that differ in their bases alone share a model.
template <RegressionSize Size, weft::nn::TransformerConfig Network>
RegressionLearner make_regressor(const weft::Random& random, int threads) {
  constexpr RegressionSize shape{
      .dimensions = Size.dimensions, .pairs = Size.pairs, .format = Size.format};
  const auto model = std::make_shared<RegressorLearner<shape, Network>>(
      random,
      weft::LaneOptions{.threads = threads, .communicator = experiment::processes()});
  return {.train = [=](const RegressionTraining& training) { return model->train(training); },
          .predict = [=](const std::vector<float>& tokens) { return model->predict(tokens); },
          .predict_with = [=](const std::vector<float>& tokens,
                              const weft::Edit<float>& edit) {
            return model->predict(tokens, edit);
          },
          .observe = [=](const std::vector<float>& tokens, const std::vector<std::size_t>& at) {
            return model->observe(tokens, at);
          },
          .save = [=](const std::string& path) { model->save(path); },
          .load = [=](const std::string& path) { model->load(path); },
          .config = model->config(),
          .parameters = model->parameters(),
          .lanes = model->lanes()};
}

}  // namespace task_vectors
