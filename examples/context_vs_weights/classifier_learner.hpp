#pragma once

#include "learner.hpp"

#include "../experiment/first_values.hpp"
#include "../experiment/model_file.hpp"
#include "../experiment/train_model.hpp"

#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/softmax.hpp>

#include <cmath>
#include <memory>

namespace context_vs_weights {

// First values: labels are half as large as stimuli, which keep their size.
template <ClassifierConfig config>
Classifier<config> first_values(const weft::Random& random) {
  weft::nn::TransformerInit values = experiment::first_values(config.transformer());
  values.embedding = 0.5;
  values.position = config.form == TokenForm::paired ? 0.02 : 0.3;
  values.unembedding = 1 / std::sqrt(static_cast<double>(config.width));
  auto model = weft::init<Classifier<config>>(random, values);
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
  using StoredStimuli = weft::Tensor<float, weft::dynamic, items, stimulus_size>;
  using StoredLabels = weft::Tensor<int, weft::dynamic, items>;

 public:
  ClassifierLearner(Model model, weft::LaneOptions lanes)
      : model_(std::move(model)), lanes_(lanes) {}

  weft::TrainingState train(const Training& training) {
    const auto rows_of = [](const Sequences& batch) {
      check(batch);
      return batch.count();
    };
    const auto loss_of = [&](const Sequences& batch) {
      return [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
        const auto logits = model_(tape.constant(stimuli_of(batch).rows(begin, count)),
                                   tape.constant(labels_of(batch).rows(begin, count)));
        const Targets targets(batch.targets.data(), batch.count());
        return weft::cross_entropy(logits, targets.rows(begin, count));
      };
    };
    return experiment::train_model(model_, lanes_, training, rows_of, loss_of);
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

  void save(const std::string& path) const {
    StoredStimuli stimuli(1);
    StoredLabels given(1);
    for (std::size_t item = 0; item < items; ++item) {
      given(0, item) = item + 1 < items ? static_cast<int>(item % labels) : no_label;
      for (std::size_t i = 0; i < stimulus_size; ++i)
        stimuli(0, item, i) = (item + 1) * (i + 3) % 7 < 4 ? 1.0f : -1.0f;
    }
    experiment::save_model(path, model_, stimuli, given);
  }
  void load(const std::string& path) {
    experiment::load_model<StoredStimuli, StoredLabels>(path, model_);
  }

  std::size_t parameters() const { return experiment::parameter_count(model_); }

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
          .parameters = model->parameters()};
}

}  // namespace context_vs_weights
