#include <examples/context_awareness/conditional.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace context_awareness;

namespace {

constexpr TaskSize size;  // 17 tokens of context
const Task task(size, weft::Random(5));

bool is_key(int token) { return token >= 8 && token < 40; }
bool is_value(int token) { return token >= 40 && token < 88; }
bool is_filler(int token) { return token >= 88 && token < 120; }

Question draw(Kind kind, weft::Random& random, std::optional<double> depth = {},
              std::size_t context = 17) {
  return task.draw(kind, kind == Kind::conflicting, context, depth, random);
}

// The places of the keys in a context.
std::vector<std::size_t> keys_in(const Question& question) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < question.context.size(); ++i)
    if (is_key(question.context[i])) places.push_back(i);
  return places;
}

// 0.999 quantiles of chi-square are near k + 3.1 sqrt(2 k) + 6 for k degrees of freedom.
double chi_square_limit(double freedom) { return freedom + 3.1 * std::sqrt(2 * freedom) + 6; }

double chi_square(const std::map<int, double>& counts, double total) {
  double sum = 0;
  const double expected = total / static_cast<double>(counts.size());
  for (const auto& [value, count] : counts) sum += (count - expected) * (count - expected);
  return sum / expected;
}

}  // namespace

TEST_CASE("the vocabulary has 120 tokens, and a text of 17 tokens of context fits 28 positions") {
  CHECK(size.vocabulary() == 120);
  CHECK(size.positions() == 28);
}

TEST_CASE("facts are pairs of values, one for each key, from the seed alone") {
  const Task again(size, weft::Random(5)), other(size, weft::Random(6));
  bool differs = false;
  std::map<int, double> counts;
  for (int key = 8; key < 40; ++key) {
    for (const int value : task.fact(key)) {
      REQUIRE(is_value(value));
      ++counts[value];
    }
    CHECK(again.fact(key) == task.fact(key));
    differs = differs || other.fact(key) != task.fact(key);
  }
  CHECK(differs);
  CHECK(counts.size() > 25);  // 64 draws of 48 values meet 35 of them on average
}

TEST_CASE("a context holds three triples of distinct keys and eight fillers") {
  weft::Random random(1);
  for (const Kind kind : {Kind::none, Kind::agreeing, Kind::conflicting})
    for (int i = 0; i < 300; ++i) {
      const Question question = draw(kind, random);
      REQUIRE(question.context.size() == 17);
      const auto keys = keys_in(question);
      REQUIRE(keys.size() == 3);
      REQUIRE(std::count_if(question.context.begin(), question.context.end(), is_filler) == 8);
      std::set<int> distinct;
      for (const std::size_t at : keys) {
        distinct.insert(question.context[at]);
        REQUIRE(at + 2 < 17);
        REQUIRE(is_value(question.context[at + 1]));
        REQUIRE(is_value(question.context[at + 2]));
      }
      REQUIRE(distinct.size() == 3);
      REQUIRE(distinct.count(question.key) == (kind == Kind::none ? 0 : 1));
    }
}

TEST_CASE("longer contexts have a triple for every twelve tokens") {
  weft::Random random(1);
  const Task large({.shortest_context = 20, .longest_context = 300}, weft::Random(2));
  for (const auto& [context, triples] :
       std::map<std::size_t, std::size_t>{{20, 3}, {47, 3}, {48, 4}, {300, 25}}) {
    const Question question = large.draw(Kind::conflicting, true, context, 0.5, random);
    CHECK(question.context.size() == context);
    CHECK(keys_in(question).size() == triples);
  }
}

TEST_CASE("the needle says what its kind says it does, at the place that is named") {
  weft::Random random(2);
  for (int i = 0; i < 500; ++i) {
    const Question agreeing = draw(Kind::agreeing, random);
    const Question conflicting = draw(Kind::conflicting, random);
    const Question none = draw(Kind::none, random);
    REQUIRE(agreeing.needle == task.fact(agreeing.key));
    REQUIRE(conflicting.needle[0] != task.fact(conflicting.key)[0]);
    REQUIRE(conflicting.answer() == conflicting.needle);
    REQUIRE(none.answer() == task.fact(none.key));
    for (const Question& question : {agreeing, conflicting}) {
      REQUIRE(question.context[question.needle_at] == question.key);
      REQUIRE(question.context[question.needle_at + 1] == question.needle[0]);
      REQUIRE(question.context[question.needle_at + 2] == question.needle[1]);
    }
  }
}

TEST_CASE("an answer from memory is the fact, whatever the context says") {
  weft::Random random(3);
  for (int i = 0; i < 100; ++i) {
    const Question question = task.draw(Kind::conflicting, false, 17, {}, random);
    REQUIRE(question.answer() == task.fact(question.key));
    REQUIRE(question.answer() != question.needle);
  }
}

TEST_CASE("the needle stands before the item that its depth names") {
  weft::Random random(4);
  for (std::size_t i = 0; i < 400; ++i) {
    const Question question = draw(Kind::conflicting, random, depth_of(i));
    // Ten other items; those before it are whole triples and fillers.
    const auto before = static_cast<std::size_t>(depth_of(i) * 10);
    std::size_t items = 0;
    for (std::size_t at = 0; at < question.needle_at; ++items)
      at += is_key(question.context[at]) ? 3u : 1u;
    REQUIRE(items == before);
  }
  CHECK(draw(Kind::conflicting, random, 0).needle_at == 0);
  CHECK(draw(Kind::conflicting, random, 1).needle_at == 14);
}

TEST_CASE("asked keys, other values, fillers and depths are uniform") {
  weft::Random random(5);
  std::map<int, double> keys, values, fillers, places;
  constexpr int count = 6000;
  for (int i = 0; i < count; ++i) {
    const Question question = draw(Kind::conflicting, random);
    ++keys[question.key];
    int items = 0;
    for (std::size_t at = 0; at < question.needle_at; ++items)
      at += is_key(question.context[at]) ? 3u : 1u;
    ++places[items];
    for (const std::size_t at : keys_in(question))
      if (at != question.needle_at) ++values[question.context[at + 1]];
    for (const int token : question.context)
      if (is_filler(token)) ++fillers[token];
  }
  REQUIRE(keys.size() == 32);
  REQUIRE(values.size() == 48);
  REQUIRE(fillers.size() == 32);
  REQUIRE(places.size() == 11);
  CHECK(chi_square(keys, count) < chi_square_limit(31));
  CHECK(chi_square(values, 2 * count) < chi_square_limit(47));
  CHECK(chi_square(fillers, 8 * count) < chi_square_limit(31));
  CHECK(chi_square(places, count) < chi_square_limit(10));
}

TEST_CASE("a mixture has its kinds as often as it says") {
  constexpr std::size_t count = 8000;
  const auto shares_of = [](const Mixture& mixture) {
    std::vector<double> shares(sorts);
    for (const Question& question : draw_questions(task, mixture, count, weft::Random(6)))
      shares[static_cast<std::size_t>(sort_of(question))] += 1.0 / count;
    return shares;
  };
  const auto near = [](double expected) { return Catch::Approx(expected).margin(0.02); };
  const auto strong = shares_of(vanilla_mixture(scenarios()[0]));
  const double expected[] = {0.10, 0.40, 0.25, 0.25};
  for (std::size_t sort = 0; sort < sorts; ++sort) CHECK(strong[sort] == near(expected[sort]));
  const auto mild = shares_of(vanilla_mixture(scenarios()[1]));
  CHECK(mild[0] == near(0.10));
  CHECK(mild[1] == 0);
  CHECK(shares_of(enriched_mixture(scenarios()[0]))[0] == near(0.55));
  const auto pretraining = shares_of(pretraining_mixture());
  CHECK(pretraining[0] == near(0.6));
  CHECK(pretraining[3] == near(0.3));
}

TEST_CASE("a prompt has the tokens of its form, and its layout says where they lie") {
  weft::Random random(7);
  const Question question = draw(Kind::conflicting, random);
  for (const Form form : {Form{}, Form{true, false}, Form{false, true}, Form{true, true}})
    for (const std::size_t offset : {0u, 3u}) {
      std::vector<int> tokens(size.positions());
      const Layout layout = write(question, form, offset, tokens.data());
      std::vector<int> expected(offset, pad_token);
      expected.push_back(begin_token);
      if (form.roles) expected.push_back(user_token);
      CHECK(layout.context == expected.size());
      expected.insert(expected.end(), question.context.begin(), question.context.end());
      CHECK(layout.context_end == expected.size());
      expected.push_back(question_token);
      expected.push_back(question.key);
      if (form.indicator) expected.push_back(indicator_token);
      CHECK(layout.user_end == expected.size());
      if (form.roles) expected.push_back(assistant_token);
      CHECK(layout.length == expected.size());
      CHECK(layout.begin == offset);
      expected.insert(expected.end(), question.answer().begin(), question.answer().end());
      expected.resize(size.positions(), pad_token);
      CHECK(tokens == expected);
    }
}

TEST_CASE("a batch asks for two values and the end, where they are predicted, and nothing else") {
  weft::Random random(8);
  std::vector<Sample> samples;
  for (int i = 0; i < 64; ++i)
    samples.push_back({task.draw(vanilla_mixture(scenarios()[0]), random),
                       {.roles = i % 2 == 0, .indicator = i % 3 == 0}});
  const experiment::Batch batch = batch_of(samples, size, random);
  std::set<std::size_t> offsets;
  for (std::size_t row = 0; row < 64; ++row) {
    const int* tokens = batch.tokens.data() + row * 28;
    const int* targets = batch.targets.data() + row * 28;
    const auto offset =
        static_cast<std::size_t>(std::find(tokens, tokens + 28, begin_token) - tokens);
    offsets.insert(offset);
    const Layout layout = layout_of(samples[row].question, samples[row].form, offset);
    for (std::size_t i = 0; i < 28; ++i) {
      const Answer& answer = samples[row].question.answer();
      const int expected = i + 1 == layout.length   ? answer[0]
                           : i == layout.length     ? answer[1]
                           : i == layout.length + 1 ? int{end_token}
                                                    : -1;
      REQUIRE(targets[i] == expected);
      if (i + 1 < 28 && targets[i] >= 0 && targets[i] != end_token)
        REQUIRE(tokens[i + 1] == targets[i]);
    }
  }
  CHECK(offsets == std::set<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("the questions of a step of tuning follow from the seed and the step") {
  const Preset preset = quick_preset();
  const Task small(preset.task, weft::Random(1));
  const Course course{preset, scenarios()[0], small, weft::Random(2), nullptr};
  const Mixture mixture = vanilla_mixture(scenarios()[0]);
  const auto tokens_of = [&](std::size_t step) {
    std::vector<int> tokens;
    for (const Sample& sample : tuning_samples(course, mixture, step))
      tokens.insert(tokens.end(), sample.question.context.begin(), sample.question.context.end());
    return tokens;
  };
  CHECK(tokens_of(3) == tokens_of(3));
  CHECK(tokens_of(3) != tokens_of(4));
  double replayed = 0;
  for (std::size_t step = 0; step < 200; ++step)
    for (const Sample& sample : tuning_samples(course, mixture, step))
      replayed += !sample.form.roles;
  const double drawn = 200.0 * static_cast<double>(preset.batch);
  CHECK(replayed / drawn == Catch::Approx(0.15).margin(0.02));
}

TEST_CASE("sizes and contexts that cannot be are refused") {
  CHECK_THROWS_AS(Task({.shortest_context = 8}, weft::Random(1)), weft::Error);
  CHECK_THROWS_AS(Task({.keys = 3}, weft::Random(1)), weft::Error);
  CHECK_THROWS_AS(Task({.values = 1}, weft::Random(1)), weft::Error);
  CHECK_THROWS_AS(Task({.shortest_context = 18}, weft::Random(1)), weft::Error);
  weft::Random random(1);
  const Task two({.shortest_context = 10, .longest_context = 17}, weft::Random(1));
  const std::vector<Question> uneven{two.draw(Kind::none, false, 10, {}, random),
                                     two.draw(Kind::none, false, 11, {}, random)};
  CHECK_THROWS_AS(prompts_of(uneven, {}, two.size()).layout(), weft::Error);
  CHECK_THROWS_AS(prompts_of({}, {}, two.size()).layout(), weft::Error);
}
