#pragma once

#include "learner.hpp"
#include "model_file.hpp"
#include "processes.hpp"
#include "train_model.hpp"

#include <weft/core/select.hpp>
#include <weft/nn/generate.hpp>
#include <weft/ops/cross_entropy.hpp>

#include <algorithm>
#include <memory>
#include <type_traits>

namespace experiment {

// A transformer behind the functions of a Learner.
template <weft::nn::TransformerConfig Config>
class TransformerLearner {
  static constexpr std::size_t positions = Config.positions;
  using Model = weft::nn::Transformer<Config>;
  using Tokens = weft::View<const int, weft::dynamic, positions>;

 public:
  TransformerLearner(Model model, weft::LaneOptions lanes)
      : model_(std::move(model)), lanes_(lanes) {
    if (lanes_.threads == 0) lanes_.threads = weft::default_threads();
    // Here, so that they are known before a run starts.
    const Batch one{positions, std::vector<int>(positions), std::vector<int>(positions)};
    if (lanes_.microbatch == 0) lanes_.microbatch = fitting_microbatch(model_, loss_of(one));
  }

  weft::TrainingState train(const Training& training) {
    return train_model(
        model_, lanes_, training, [](const Batch& batch) { return batch.rows().count; },
        [&](const Batch& batch) { return loss_of(batch); });
  }

  std::vector<int> predict(TokenRows rows) const {
    std::vector<int> predicted(rows.count * positions);
    for_each_piece(rows, [&](std::size_t begin, std::size_t, const Tokens& tokens) {
      const auto answers = weft::argmax(model_(tokens));
      std::copy(answers.begin(), answers.end(), predicted.data() + begin * positions);
    });
    return predicted;
  }

  std::vector<int> answer(TokenRows rows) const {
    std::vector<int> answers(rows.count);
    for_each_piece(rows, [&](std::size_t begin, std::size_t, const Tokens& tokens) {
      const auto stream = model_.residual_stream(tokens);
      const auto last = stream.view().template slice<1, positions - 1, 1>();
      const auto found = weft::argmax(model_.logits_of(last));
      std::copy(found.begin(), found.end(), answers.data() + begin);
    });
    return answers;
  }

  std::vector<float> logits(TokenRows rows, const weft::Edit<float>& edit) const {
    constexpr std::size_t size = positions * Config.vocabulary;
    std::vector<float> result(rows.count * size);
    for_each_piece(rows, [&](std::size_t begin, std::size_t count, const Tokens& tokens) {
      const auto values = model_(tokens, edit);
      std::copy_n(values.data(), count * size, result.data() + begin * size);
    });
    return result;
  }

  Activations observe(TokenRows rows, const std::vector<std::size_t>& at) const {
    Activations result{rows.count, Config.layers, at.size(), Config.width, {}, {}};
    result.residual.resize(rows.count * Config.layers * at.size() * Config.width);
    result.predicted.resize(rows.count * at.size());
    for_each_piece(rows, [&](std::size_t begin, std::size_t count, const Tokens& tokens) {
      // (batch, position, feature) after each block
      const auto keep = [&](const weft::Point& point, const auto& value) {
        if (point.name == "resid_post")
          result.keep(begin, count, point.layer, value.data(), positions, at);
      };
      const auto logits = model_(tokens, keep);
      for (std::size_t row = 0; row < count; ++row)
        for (std::size_t i = 0; i < at.size(); ++i) {
          const float* first = logits.data() + (row * positions + at[i]) * Config.vocabulary;
          result.predicted[(begin + row) * at.size() + i] = static_cast<int>(
              std::max_element(first, first + Config.vocabulary) - first);
        }
    });
    return result;
  }

  Patterns patterns(TokenRows rows) const {
    Patterns result{Config.layers, Config.heads, positions, {}};
    model_(inputs_of(rows).rows(0, 1), KeepPatterns{result.weights});
    return result;
  }

  std::vector<float> parameter(std::string_view path) const {
    std::vector<float> elements;
    weft::for_each_parameter(model_, [&](const std::string& name, const auto& parameter) {
      if (name == path)
        elements.assign(parameter.value.data(), parameter.value.data() + parameter.value.size());
    });
    if (elements.empty())
      weft::fail("parameter", "the path must be that of a parameter", std::string(path));
    return elements;
  }

  void save(const std::string& path) const {
    // Each token and each position once, so that no weight is left out.
    weft::Tensor<int, weft::dynamic, positions> tokens((Config.vocabulary + positions - 1) /
                                                       positions);
    for (std::size_t i = 0; i < tokens.size(); ++i)
      tokens.data()[i] = static_cast<int>(i % Config.vocabulary);
    save_model(path, model_, tokens);
  }
  void load(const std::string& path) {
    load_model<weft::Tensor<int, weft::dynamic, positions>>(path, model_);
  }

  std::vector<float> attention(TokenRows rows, const std::vector<std::size_t>& at) const {
    std::vector<float> result(rows.count * Config.layers * Config.heads * positions);
    for_each_piece(rows, [&](std::size_t begin, std::size_t, const Tokens& tokens) {
      model_(tokens, KeepAttention{result, at, begin});
    });
    return result;
  }

  std::vector<int> generate(TokenRows rows, std::size_t length, std::size_t count,
                            const weft::Edit<float>& edit) const {
    if (length + count > positions)
      weft::fail("generate", "what is given and what is asked for must fit the positions",
                 std::to_string(length) + " and " + std::to_string(count) + " tokens, " +
                     std::to_string(positions) + " positions");
    std::vector<int> result(rows.count * count);
    for_each_piece(rows, [&](std::size_t begin, std::size_t pieces, const Tokens& tokens) {
      const auto generate_at = [&](auto fit) {
        weft::nn::Texts<fit> texts{weft::Tensor<int, weft::dynamic, fit>(pieces),
                                   weft::Tensor<int, weft::dynamic>(pieces)};
        weft::copy_elements(tokens.template slice<1, 0, fit>(), texts.tokens.data());
        texts.lengths.fill(static_cast<int>(length));
        texts = weft::nn::generate(model_, std::move(texts), {.count = count}, edit);
        for (std::size_t row = 0; row < pieces; ++row)
          std::copy_n(texts.tokens.data() + row * fit + length, count,
                      result.data() + (begin + row) * count);
      };
      // An edit is of arrays for all positions.
      at_length(edit.empty() ? length + count : positions, generate_at);
    });
    return result;
  }

  std::shared_ptr<TransformerLearner> clone() const {
    return std::make_shared<TransformerLearner>(model_, lanes_);
  }

  const weft::LaneOptions& lanes() const { return lanes_; }

  std::size_t parameters() const { return parameter_count(model_); }

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

  // Collects what the position of a row attends to, at (row, layer, head, key).
  struct KeepAttention {
    std::vector<float>& weights;
    const std::vector<std::size_t>& at;
    std::size_t first_row;

    void operator()(const weft::Point&, const auto&) const {}
    void see_head(const weft::Point& point, const weft::HeadIndex& index,
                  const auto& pattern) const {
      if (point.name != "attn.pattern") return;
      const std::size_t row = first_row + index.sequence;
      float* kept = weights.data() +
                    ((row * Config.layers + point.layer) * Config.heads + index.head) * positions;
      for (std::size_t key = 0; key < positions; ++key) kept[key] = pattern(at[row], key);
    }
  };

  static Tokens inputs_of(TokenRows rows) {
    if (rows.step < positions)
      weft::fail("inputs", "a row must have a token for each position",
                 std::to_string(rows.step) + " tokens, " + std::to_string(positions) +
                     " positions");
    return Tokens(rows.data, rows.count, {rows.step, 1});
  }

  // The mean loss of some rows, as Lanes::step() asks for it, of what the batch then is.
  auto loss_of(const Batch& batch) const {
    return [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      if (batch.targets.size() != batch.rows().count * positions)
        weft::fail("loss", "a batch must have a target for each position of each row",
                   std::to_string(batch.targets.size()) + " targets, " +
                       std::to_string(batch.rows().count) + " rows of " +
                       std::to_string(positions) + " positions");
      const Tokens tokens = inputs_of(batch.rows()).rows(begin, count);
      const Tokens targets =
          Tokens(batch.targets.data(), batch.rows().count).rows(begin, count);
      return at_length(last_target(targets) + 1, [&](auto fit) {
        const auto logits = model_(tape.constant(tokens.template slice<1, 0, fit>()));
        return weft::cross_entropy(logits, targets.template slice<1, 0, fit>(), {.ignore = -1});
      });
    };
  }

  // The last position of any row that has a target; 0 where there is none.
  static std::size_t last_target(const Tokens& targets) {
    std::size_t last = 0;
    for (std::size_t row = 0; row < targets.leading(); ++row)
      for (std::size_t position = last + 1; position < positions; ++position)
        if (targets(row, position) != -1) last = position;
    return last;
  }

  // Calls function(length), a constant, with the least length that has room for so many positions.
  // No position depends on those behind it, so a short text need not pay for a long one's. Each
  // length is compiled, so there are few, and one alone where texts are short anyway.
  template <std::size_t Before = 0>
  static auto at_length(std::size_t needed, const auto& function) {
    constexpr std::size_t lengths = positions < 128 ? 1 : 4;
    constexpr std::size_t step = (positions + lengths - 1) / lengths;
    constexpr std::size_t length = std::min(Before + step, positions);
    if constexpr (length < positions)
      if (needed > length) return at_length<length>(needed, function);
    return function(std::integral_constant<std::size_t, length>{});
  }

  // Calls function(begin, count, tokens) for pieces of the rows, on all threads. What a forward
  // pass keeps of a microbatch fits a core's cache, so evaluation has pieces of the same size.
  template <class Function>
  void for_each_piece(TokenRows rows, Function function) const {
    const Tokens tokens = inputs_of(rows);
    weft::for_each_microbatch(rows.count, lanes_.microbatch, lanes_.threads,
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
          .predict = [model](TokenRows rows) { return model->predict(rows); },
          .answer = [model](TokenRows rows) { return model->answer(rows); },
          .logits = [model](TokenRows rows,
                            const weft::Edit<float>& edit) { return model->logits(rows, edit); },
          .observe = [model](TokenRows rows, const std::vector<std::size_t>& positions) {
            return model->observe(rows, positions);
          },
          .patterns = [model](TokenRows rows) { return model->patterns(rows); },
          .parameter = [model](std::string_view path) { return model->parameter(path); },
          .attention = [model](TokenRows rows, const std::vector<std::size_t>& positions) {
            return model->attention(rows, positions);
          },
          .generate = [model](TokenRows rows, std::size_t length, std::size_t count,
                              const weft::Edit<float>& edit) {
            return model->generate(rows, length, count, edit);
          },
          .save = [model](const std::string& path) { model->save(path); },
          .load = [model](const std::string& path) { model->load(path); },
          .clone = [model] { return learner_of<Config>(model->clone()); },
          .config = Config,
          .parameters = model->parameters(),
          .lanes = model->lanes()};
}

// A learner of these weights.
template <weft::nn::TransformerConfig Config>
Learner learner_of(weft::nn::Transformer<Config> model, int threads) {
  return learner_of<Config>(std::make_shared<TransformerLearner<Config>>(
      std::move(model), weft::LaneOptions{.threads = threads, .communicator = processes()}));
}

}  // namespace experiment
