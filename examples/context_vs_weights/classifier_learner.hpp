#pragma once

#include "learner.hpp"

#include <weft/io/safetensors.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace context_vs_weights {

// First values: each matrix keeps the size of what it reads (variance 1 / inputs), what is added to
// the residual stream is divided by sqrt(2 layers), and labels are half as large as stimuli.
template <ClassifierConfig config>
Classifier<config> first_values(const weft::Random& random) {
  const double deviation = 1 / std::sqrt(static_cast<double>(config.width));
  const double addition = 1 / std::sqrt(2 * static_cast<double>(config.layers));
  auto model = weft::init<Classifier<config>>(
      random,
      weft::nn::TransformerInit{.embedding = 0.5,
                                .position = config.form == TokenForm::paired ? 0.02 : 0.3,
                                .query = deviation,
                                .key = deviation,
                                .value = deviation,
                                .attention_output = addition * deviation,
                                .mlp_in = deviation,
                                .mlp_out = addition * deviation / 2,  // of 4 width inputs
                                .unembedding = deviation});
  const double of_stimuli = 1 / std::sqrt(static_cast<double>(stimulus_size));
  weft::nn::init::normal(of_stimuli)(model.encode.weight, random.fork("encode", "weight"));
  return model;
}

// A classifier behind the functions of a Learner.
template <ClassifierConfig config>
class ClassifierLearner {
  static constexpr std::size_t items = config.items, tokens = config.tokens();
  static constexpr std::size_t labels = static_cast<std::size_t>(classes);
  using Model = Classifier<config>;
  using Stimuli = weft::View<const float, weft::dynamic, items, stimulus_size>;
  using ItemLabels = weft::View<const int, weft::dynamic, items>;
  using Targets = weft::View<const int, weft::dynamic>;

 public:
  ClassifierLearner(Model model, weft::LaneOptions lanes)
      : model_(std::move(model)), lanes_(lanes) {}

  weft::TrainingState train(const Training& training) {
    weft::AdamW optimizer{model_, training.optimizer};
    weft::Trainer trainer{model_, optimizer, lanes_};
    Sequences batch;
    const auto make_batch = [&](std::size_t step) {
      batch = training.draw(step);
      check(batch);
      return batch.count();
    };
    const auto loss = [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      const auto logits = model_(tape.constant(stimuli_of(batch).rows(begin, count)),
                                 tape.constant(labels_of(batch).rows(begin, count)));
      const Targets targets(batch.targets.data(), batch.count());
      return weft::cross_entropy(logits, targets.rows(begin, count));
    };
    return trainer.run(training.options, make_batch, loss, training.evaluate);
  }

  template <class Probe>
  Probabilities answer(const Sequences& sequences, const Probe& probe) const {
    Probabilities result(sequences.count());
    for_each_piece(sequences, [&](std::size_t begin, const auto& stimuli, const auto& given) {
      const auto found = weft::softmax(model_(stimuli, given, probe));
      for (std::size_t i = 0; i < found.leading(); ++i)
        for (std::size_t label = 0; label < labels; ++label)
          result[begin + i][label] = static_cast<double>(found(i, label));
    });
    return result;
  }

  QueryAttention attention(const Sequences& sequences) const {
    QueryAttention result{config.layers, config.heads, tokens, {}};
    result.weights.resize(sequences.count() * config.layers * config.heads * tokens);
    for_each_piece(sequences, [&](std::size_t begin, const auto& stimuli, const auto& given) {
      model_(stimuli, given, KeepLastQuery{result, begin});
    });
    return result;
  }

  void save(const std::string& path) const { weft::save_safetensors(path, model_); }
  void load(const std::string& path) { weft::load_safetensors(path, model_); }

  const weft::LaneOptions& lanes() const { return lanes_; }

  std::size_t parameters() const {
    std::size_t count = 0;
    weft::for_each_parameter(model_, [&](const std::string&, const auto& parameter) {
      count += parameter.value.size();
    });
    return count;
  }

 private:
  struct KeepLastQuery {
    QueryAttention& result;
    std::size_t begin;

    void operator()(const weft::Point&, const auto&) const {}
    void see_head(const weft::Point& point, const weft::HeadIndex& index,
                  const auto& pattern) const {
      if (point.name != "attn.pattern") return;
      const std::size_t first =
          (((begin + index.sequence) * config.layers + point.layer) * config.heads + index.head) *
          tokens;
      for (std::size_t key = 0; key < tokens; ++key)
        result.weights[first + key] = pattern(tokens - 1, key);
    }
  };

  static void check(const Sequences& sequences) {
    if (sequences.items != items)
      weft::fail("classifier", "sequences must be as long as the model was made for",
                 std::to_string(sequences.items) + " items, " + std::to_string(items));
  }
  static Stimuli stimuli_of(const Sequences& sequences) {
    return Stimuli(sequences.stimuli.data(), sequences.count());
  }
  static ItemLabels labels_of(const Sequences& sequences) {
    return ItemLabels(sequences.labels.data(), sequences.count());
  }

  // Calls function(begin, stimuli, labels) for pieces of the sequences, on all threads.
  template <class Function>
  void for_each_piece(const Sequences& sequences, Function function) const {
    constexpr std::size_t piece = 16;
    check(sequences);
    const int threads = lanes_.threads > 0 ? lanes_.threads : weft::default_threads();
    weft::for_each_microbatch(sequences.count(), piece, threads,
                              [&](std::size_t begin, std::size_t count) {
                                function(begin, stimuli_of(sequences).rows(begin, count),
                                         labels_of(sequences).rows(begin, count));
                              });
  }

  Model model_;
  weft::LaneOptions lanes_;
};

// For Preset::make_learner: a learner with first values.
template <ClassifierConfig config>
Learner make_learner(const weft::Random& random, const weft::LaneOptions& lanes) {
  const auto model =
      std::make_shared<ClassifierLearner<config>>(first_values<config>(random), lanes);
  return {.train = [model](const Training& training) { return model->train(training); },
          .answer_with = [model](const Sequences& sequences, const weft::Edit<float>& edit) {
            return model->answer(sequences, edit);
          },
          .answer = [model](const Sequences& sequences) {
            return model->answer(sequences, weft::NoProbe{});
          },
          .attention = [model](const Sequences& sequences) { return model->attention(sequences); },
          .save = [model](const std::string& path) { model->save(path); },
          .load = [model](const std::string& path) { model->load(path); },
          .config = config,
          .parameters = model->parameters(),
          .lanes = model->lanes()};
}

}  // namespace context_vs_weights
