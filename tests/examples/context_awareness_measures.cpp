#include <examples/context_awareness/findings.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

using namespace context_awareness;
using Catch::Approx;

namespace {

const Preset preset = quick_preset();
const Task task(preset.task, weft::Random(5));

experiment::Learner new_learner() { return preset.make_learner(weft::Random(3), 1); }

std::vector<Question> some_questions(std::size_t count) {
  return draw_tests(task, 12, count, weft::Random(4)).needle;
}

// Attention of one head on tokens of a row, by hand: what a probe sees of the plain model.
float attention_at(const experiment::Learner& learner, const Prompts& prompts, std::size_t layer,
                   std::size_t head, std::size_t query, std::size_t key) {
  const experiment::Patterns patterns = learner.patterns(prompts.rows());
  return patterns.weights[((layer * patterns.heads + head) * patterns.positions + query) *
                              patterns.positions +
                          key];
}

Steered result(double alpha, double recall, double exact) {
  Steered steered{alpha, {}, {}};
  steered.needle.recall = recall;
  steered.memory.exact = exact;
  return steered;
}

}  // namespace

TEST_CASE("recall is the share of the expected values that are given, wherever they stand") {
  CHECK(recall_of({1, 2}, {1, 2}) == 1);
  CHECK(recall_of({2, 1}, {1, 2}) == 1);
  CHECK(recall_of({1, 3}, {1, 2}) == 0.5);
  CHECK(recall_of({3, 2}, {1, 2}) == 0.5);
  CHECK(recall_of({3, 4}, {1, 2}) == 0);
  CHECK(recall_of({1, 4}, {1, 1}) == 1);
}

TEST_CASE("a score has the means of recall, of both values right, and of the facts given") {
  Question first{}, second{};
  first.from_context = second.from_context = true;
  first.needle = second.needle = {1, 2};
  first.fact = second.fact = {3, 4};
  const Score score = score_of({{1, 2}, {1, 4}}, {first, second});
  CHECK(score.recall == 0.75);
  CHECK(score.exact == 0.5);
  CHECK(score.fact_recall == 0.25);
  CHECK_THROWS_AS(score_of({{1, 2}}, {first, second}), weft::Error);
  CHECK_THROWS_AS(score_of({}, {}), weft::Error);
}

TEST_CASE("a calibrated beta marks the share that is asked for") {
  ScoresBySort scores;
  for (std::size_t i = 0; i < 1000; ++i) scores.of[i % sorts].push_back(static_cast<double>(i));
  const double beta = calibrated_beta(scores, 0.1);
  const auto all = scores.all();
  CHECK(std::count_if(all.begin(), all.end(), [&](double one) { return one > beta; }) == 100);
}

TEST_CASE("scores of dependent questions are set against each other sort and against all") {
  ScoresBySort scores;
  scores.of[0] = {5, 6};
  scores.of[1] = {1, 7};
  scores.of[3] = {1, 2};
  const Separation separation = separation_of(scores);
  CHECK(separation.by_sort[1] == 0.5);
  CHECK(separation.by_sort[2] == 0);
  CHECK(separation.by_sort[3] == 1);
  CHECK(separation.area == 0.75);
}

TEST_CASE("a histogram has each score once, in the bin of what it lacks to 1") {
  ScoresBySort scores;
  scores.of[0] = {0, 0.5, 0.55, 0.9985, 1, 1.0000001};
  scores.of[2] = {1 - 1e-7};
  const Histogram histogram = histogram_of(scores);
  REQUIRE(histogram.edges.size() == 61);
  CHECK(histogram.edges.front() == Approx(1e-6));
  CHECK(histogram.edges.back() == 1);
  for (std::size_t sort = 0; sort < sorts; ++sort) REQUIRE(histogram.counts[sort].size() == 60);
  std::vector<std::size_t> expected(60);
  expected[59] = 1;  // 1 lacks all: 0.79 to 1
  expected[56] = 2;  // 0.45 and 0.5: 0.40 to 0.50
  expected[31] = 1;  // 0.0015: 0.00126 to 0.00158
  expected[0] = 2;
  CHECK(histogram.counts[0] == expected);
  CHECK(histogram.counts[1] == std::vector<std::size_t>(60));
  CHECK(histogram.counts[2][0] == 1);
}

TEST_CASE("the best alpha has the greatest sum of recall and accuracy among those to choose") {
  CHECK(best_alpha({result(1, 1, 1), result(0.5, 0.2, 0.9), result(0.1, 0.5, 0.8),
                    result(0.02, 0.9, 0.2), result(0.01, 1, 1)}) == 0.1);
  CHECK(best_alpha({result(0.5, 0.5, 0.5), result(0.2, 0.75, 0.25)}) == 0.5);
}

TEST_CASE("the best head has the greatest sum of recall and accuracy, not the greatest recall") {
  CHECK(best_head({{0, 0, result(0.5, 0.25, 0.5)},
                   {0, 1, result(0.5, 0.75, 0.125)},
                   {1, 0, result(0.5, 0.5, 0.5)},
                   {1, 1, result(0.5, 0.25, 0.75)}}) == 2);
  CHECK_THROWS_AS(best_head({}), weft::Error);
}

TEST_CASE("steering a layer alone steers all of its heads and no other layer's") {
  const experiment::Learner learner = new_learner();
  const Tests tests = draw_tests(task, 12, 40, weft::Random(8));
  const double alpha = 1e-30;  // what is steered looks at the user's part alone
  const std::vector<Steered> layers = steer_each_layer(learner, task, tests, alpha);
  REQUIRE(layers.size() == 2);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const Steered expected =
        steered(learner, task, tests, alpha, {.layers = {layer}, .heads = {0, 1}});
    CHECK(layers[layer].alpha == alpha);
    CHECK(layers[layer].needle.recall == expected.needle.recall);
    CHECK(layers[layer].needle.fact_recall == expected.needle.fact_recall);
    CHECK(layers[layer].memory.recall == expected.memory.recall);
  }
  CHECK(layers[0].needle.recall != layers[1].needle.recall);
}

TEST_CASE("shares of attention are those of the pattern, and add up to one") {
  const experiment::Learner learner = new_learner();
  for (const Form form : {Form{}, Form{true, false}, Form{true, true}}) {
    const Prompts prompts = prompts_of(some_questions(1), form, task.size());
    const Layout& at = prompts.layout();
    const Allocations found = allocations_of(learner, prompts);
    REQUIRE(found.size() == 2);
    for (std::size_t layer = 0; layer < 2; ++layer)
      for (std::size_t head = 0; head < 2; ++head) {
        const Allocation& one = found[layer][head];
        double context = 0;
        for (std::size_t key = at.context; key < at.context_end; ++key)
          context += attention_at(learner, prompts, layer, head, at.length - 1, key);
        CHECK(one.context == Approx(context).margin(1e-6));
        CHECK(one.begin == Approx(attention_at(learner, prompts, layer, head, at.length - 1, 0)));
        CHECK(one.begin + one.context + one.question + one.roles == Approx(1).margin(1e-5));
        CHECK((one.roles > 0) == form.roles);
        CHECK(one.user_of_text == Approx(one.user() / (1 - one.roles)).margin(1e-5));
      }
  }
}

TEST_CASE("the retrieval head gives the user most, and a context share is a mean over heads") {
  const std::vector<Allocation> layer{{.context = 0.2, .question = 0.5},
                                      {.context = 0.4, .question = 0.35}};
  CHECK(retrieval_head(layer) == 1);
  CHECK(context_share(layer) == Approx(0.3));
}

TEST_CASE("a dependency score is the greatest share of the context at the first value") {
  const experiment::Learner learner = new_learner();
  const auto questions = some_questions(3);
  const DependencyScores scores = dependency_scores(learner, questions, task);
  for (std::size_t i = 0; i < 3; ++i) {
    const Prompts prompts = prompts_of({questions[i]}, {.roles = true}, task.size());
    const Layout& at = prompts.layout();
    double greatest = 0;
    for (std::size_t head = 0; head < 2; ++head) {
      double sum = 0;
      for (std::size_t key = at.context; key < at.context_end; ++key)
        sum += attention_at(learner, prompts, 1, head, at.length, key);
      greatest = std::max(greatest, sum);
    }
    CHECK(scores.context[i] == Approx(greatest).margin(1e-6));
  }
}

TEST_CASE("either score has its own head: that of the context, and that of the user's part") {
  const auto questions = some_questions(2);
  const Layout at = layout_of(questions[0], {.roles = true});
  experiment::Learner planted;
  planted.config.layers = planted.config.heads = 2;
  // In the last layer head 0 gives the context 1/2 and the asked key 1/8, head 1 gives the context
  // 1/4 and the question 1/2; the rest is for BOS and roles. The first layer looks at the context.
  planted.attention = [&](experiment::TokenRows rows, const std::vector<std::size_t>& queries) {
    CHECK(queries == std::vector<std::size_t>(rows.count, at.length));
    const std::size_t positions = task.size().positions();
    std::vector<float> weights(rows.count * 4 * positions);
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto weight = [&](std::size_t layer, std::size_t head, std::size_t key) -> float& {
        return weights[((row * 2 + layer) * 2 + head) * positions + key];
      };
      for (const std::size_t head : {0u, 1u}) weight(0, head, at.context) = 1;
      weight(1, 0, at.context) = weight(1, 0, at.context_end - 1) = 0.25F;
      weight(1, 0, at.user_end - 1) = 0.125F;
      weight(1, 0, at.begin) = 0.375F;
      weight(1, 1, at.context) = 0.25F;
      weight(1, 1, at.context_end) = 0.5F;
      weight(1, 1, at.user_end) = 0.25F;
    }
    return weights;
  };
  const DependencyScores scores = dependency_scores(planted, questions, task);
  CHECK(scores.context == std::vector<double>{0.5, 0.5});
  CHECK(scores.user == std::vector<double>{0.75, 0.75});
}

TEST_CASE("scores are kept with their questions, and each question must have one") {
  weft::Random random(2);
  std::vector<Question> questions;
  for (const Kind kind : {Kind::none, Kind::conflicting, Kind::none})
    questions.push_back(task.draw(kind, kind == Kind::conflicting, 12, {}, random));
  const ScoresBySort scores = scores_by_sort({0.1, 0.2, 0.3}, questions);
  CHECK(scores.of[static_cast<std::size_t>(Sort::dependent)] == std::vector<double>{0.2});
  CHECK(scores.of[static_cast<std::size_t>(Sort::none)] == std::vector<double>{0.1, 0.3});
  CHECK_THROWS_AS(scores_by_sort({0.1}, questions), weft::Error);
}

TEST_CASE("steering multiplies what the user did not write by alpha, in the heads chosen") {
  const experiment::Learner learner = new_learner();
  const Prompts prompts = prompts_of(some_questions(4), {.roles = true}, task.size());
  const std::size_t length = prompts.layout().length;
  CHECK(answers_of(learner, prompts, steering(prompts, 1)) == answers_of(learner, prompts));
  // A head that is told to look at nothing but the user's part gives what it gives where the others
  // are hidden from it.
  const auto logits_with = [&](const weft::Edit<float>& edit) {
    return learner.logits(prompts.rows(), edit);
  };
  weft::Edit<float> hidden;
  const float nothing = -INFINITY;
  hidden.replace({.point = "blocks.*.attn.scores", .layers = {1}, .heads = {0},
                  .keys = {0, 1, length - 1}}, nothing);
  const auto steered = logits_with(steering(prompts, 1e-30, {.layers = {1}, .heads = {0}}));
  const auto expected = logits_with(hidden);
  const std::size_t vocabulary = learner.config.vocabulary;
  double difference = 0, effect = 0;
  const auto plain = logits_with({});
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t i = 0; i < vocabulary; ++i) {
      const std::size_t at = (row * prompts.positions + length - 1) * vocabulary + i;
      difference = std::max(difference, std::abs(double(steered[at]) - double(expected[at])));
      effect = std::max(effect, std::abs(double(steered[at]) - double(plain[at])));
    }
  CHECK(difference < 1e-5);
  CHECK(effect > 1e-3);
  CHECK_THROWS_AS(steering(prompts, 0), weft::Error);
}

TEST_CASE("a switch has the recall of its way to ask, and the facts of the plain template") {
  const auto scores = [](double recall, double exact) {
    FormScores form;
    form.needle.recall = recall;
    form.memory.exact = exact;
    return form;
  };
  Findings findings{};
  findings.vanilla = {scores(0.9, 0.5), scores(0.1, 0.8), scores(0.2, 0.3)};
  findings.chosen = result(0.5, 0.4, 0.7);
  findings.conditional = {scores(0.95, 0.55), scores(0.15, 0.85), scores(0.6, 0.35)};
  findings.oracle = {scores(0.96, 0.56), scores(0.16, 0.86), scores(0.7, 0.36)};
  const std::vector<Method> methods = methods_of(findings);
  const auto check = [&](const std::string& name, double recall, double memory) {
    const auto found = std::find_if(methods.begin(), methods.end(),
                                    [&](const Method& method) { return method.name == name; });
    INFO(name);
    REQUIRE(found != methods.end());
    CHECK(found->recall == recall);
    CHECK(found->memory == memory);
  };
  check("vanilla", 0.1, 0.8);
  check("steering", 0.4, 0.7);
  check("steering where asked", 0.4, 0.8);
  check("without template", 0.9, 0.5);
  check("without template where asked", 0.9, 0.8);
  check("indicator always", 0.6, 0.35);
  check("indicator where asked", 0.6, 0.85);
  check("oracle where asked", 0.7, 0.86);
}

TEST_CASE("the indicator is set by score or by truth, and never where pretraining is replayed") {
  weft::Random random(9);
  std::vector<Sample> samples;
  for (const Kind kind : {Kind::conflicting, Kind::conflicting, Kind::agreeing, Kind::none})
    samples.push_back({task.draw(kind, samples.empty(), 12, {}, random), {.roles = true}});
  samples.push_back({samples[0].question, {}});
  const auto marks = [&] {
    std::vector<bool> set;
    for (const Sample& sample : samples) set.push_back(sample.form.indicator);
    return set;
  };
  mark_dependent(0, samples);
  CHECK(marks() == std::vector<bool>{true, false, false, false, false});
  const std::vector<std::vector<double>> scores{{}, {0.1, 0.6, 0.7, 0.5, 0.9}};
  mark_above(scores, 0.5)(1, samples);
  CHECK(marks() == std::vector<bool>{false, true, true, false, false});
}

TEST_CASE("a map of recall covers all lengths from the shortest to the longest context") {
  const RecallMap map = map_of({}, new_learner(), task, 1, weft::Random(1));
  CHECK(map.lengths == std::vector<std::size_t>{11, 12});
  REQUIRE(map.recall.size() == 2);
  CHECK(map.recall[0].size() == depths);
}

TEST_CASE("scores of tuning are sorted by what their questions are, and replayed ones left out") {
  Preset short_tuning = preset;
  short_tuning.tuning_steps = 20;
  const Course course{short_tuning, scenarios()[0], task, weft::Random(6), nullptr};
  std::vector<std::vector<double>> scores;
  double asked = 0;
  for (std::size_t step = 0; step < short_tuning.tuning_steps; ++step) {
    scores.emplace_back();
    for (const Sample& sample : tuning_samples(course, vanilla_mixture(course.scenario), step)) {
      asked += sample.form.roles;
      scores.back().push_back(
          sample.form.roles ? static_cast<double>(sort_of(sample.question)) : -1);
    }
  }
  const ScoresBySort sorted = scores_by_sort(course, scores);
  CHECK(static_cast<double>(sorted.all().size()) == asked);
  for (std::size_t sort = 0; sort < sorts; ++sort) {
    CHECK(!sorted.of[sort].empty());
    for (const double score : sorted.of[sort]) CHECK(score == static_cast<double>(sort));
  }
}
