#include <examples/experiment/transformer_learner.hpp>

#include <weft/core/random.hpp>
#include <weft/interpret/score_bias.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

namespace {

// So long that a learner computes short texts at a length of their own.
constexpr weft::nn::TransformerConfig config{
    .vocabulary = 11, .positions = 130, .width = 16, .heads = 2, .layers = 2};
using Model = weft::nn::Transformer<config>;

Model some_model() { return weft::init<Model>(weft::Random(7)); }

// Rows of random tokens, whose last target is at each of these positions in turn.
experiment::Batch batch_until(const std::vector<std::size_t>& last_targets, std::uint64_t seed) {
  const std::size_t rows = last_targets.size(), size = rows * config.positions;
  experiment::Batch batch{config.positions, std::vector<int>(size), std::vector<int>(size, -1)};
  weft::Random random(seed);
  for (int& token : batch.tokens) token = static_cast<int>(random.integer(config.vocabulary));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = last_targets[row] + 1; i-- > 0 && i + 3 > last_targets[row];)
      batch.targets[row * config.positions + i] =
          static_cast<int>(random.integer(config.vocabulary));
  return batch;
}

const std::vector<std::size_t> last_targets{0, 2, 31, 32, 33, 40, 64, 65, 66, 97, 98, 99, 129};

}  // namespace

TEST_CASE("a learner's steps are those of a model that reads the whole of short texts too") {
  const auto batch = [](std::size_t step) { return batch_until(last_targets, 100 + step); };
  const weft::AdamWOptions optimizer{.learning_rate = 0.01F};
  experiment::Learner learner = experiment::learner_of<config>(some_model(), 2);
  learner.train({.options = {.steps = 3},
                 .optimizer = optimizer,
                 .draw = batch,
                 .evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; }});

  Model model = some_model();
  weft::AdamW expected{model, optimizer};
  weft::Lanes lanes{model, {.microbatch = learner.lanes.microbatch}};
  for (std::size_t step = 0; step < 3; ++step) {
    const experiment::Batch rows = batch(step);
    const weft::View<const int, weft::dynamic, config.positions> tokens(rows.tokens.data(),
                                                                       last_targets.size()),
        targets(rows.targets.data(), last_targets.size());
    lanes.step(last_targets.size(), [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
      return weft::cross_entropy(model(tape.constant(tokens.rows(begin, count))),
                                 targets.rows(begin, count), {.ignore = -1});
    });
    expected.step(lanes);
  }
  weft::for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    const std::vector<float> learnt = learner.parameter(path);
    REQUIRE(learnt.size() == parameter.value.size());
    for (std::size_t i = 0; i < learnt.size(); ++i)
      CHECK(std::abs(learnt[i] - parameter.value.data()[i]) < 1e-4F);
  });
}

TEST_CASE("a learner's texts go on as those of a model that reads whole rows") {
  const Model model = some_model();
  const experiment::Learner learner = experiment::learner_of<config>(some_model(), 2);
  const experiment::Batch batch = batch_until({1, 2, 3, 4, 5}, 5);
  // Hides the first token from all others.
  weft::Tensor<float, 1, config.positions> bias;
  bias(0, 0) = -100;
  constexpr std::size_t count = 3;
  for (const auto& edit : {weft::Edit<float>{}, weft::score_bias(bias)})
    for (const std::size_t length : {1u, 30u, 31u, 63u, 64u, 97u, 127u}) {
      CAPTURE(edit.empty(), length);
      weft::nn::Texts<config.positions> texts{
          weft::Tensor<int, weft::dynamic, config.positions>(5),
          weft::Tensor<int, weft::dynamic>(5)};
      std::copy(batch.tokens.begin(), batch.tokens.end(), texts.tokens.data());
      texts.lengths.fill(static_cast<int>(length));
      texts = weft::nn::generate(model, std::move(texts), {.count = count}, edit);
      const std::vector<int> continued = learner.generate(batch.rows(), length, count, edit);
      for (std::size_t row = 0; row < 5; ++row)
        for (std::size_t i = 0; i < count; ++i)
          CHECK(continued[row * count + i] == texts.tokens(row, length + i));
    }
}

TEST_CASE("a learner refuses texts that do not fit it, and takes all threads where it is given 0") {
  experiment::Learner learner = experiment::learner_of<config>(some_model(), 0);
  const experiment::Batch batch = batch_until({3}, 1);
  CHECK(learner.predict(batch.rows()).size() == config.positions);
  CHECK_THROWS_AS(learner.generate(batch.rows(), config.positions, 1, {}), weft::Error);
  const experiment::TokenRows short_rows{batch.tokens.data(), 2, config.positions / 2};
  CHECK_THROWS_AS(learner.predict(short_rows), weft::Error);
  CHECK_THROWS_AS(learner.train({.options = {.steps = 1},
                                 .optimizer = {},
                                 .draw =
                                     [&](std::size_t) {
                                       experiment::Batch cut = batch;
                                       cut.targets.pop_back();
                                       return cut;
                                     },
                                 .evaluate = [](const weft::TrainingState&) {
                                   return weft::Evaluation{};
                                 }}),
                  weft::Error);
}
