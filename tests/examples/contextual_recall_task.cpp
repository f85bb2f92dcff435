#include <examples/contextual_recall/task.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace contextual_recall;

namespace {

const weft::Random random_key(7);
const World world(WorldSize{}, 0.75, random_key);
constexpr std::size_t rows = 4096;

// The kinds of tokens, found without the world's own helpers.
char kind(int token) {
  const WorldSize size;
  const int blocks[] = {1, size.subjects, size.types * size.values,
                        size.types * size.typed_grammar, size.neutral_grammar, 1};
  int end = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    end += blocks[i];
    if (token >= 0 && token < end) return "bsatnq"[i];
  }
  return '?';
}

std::string kinds(const Texts& texts, std::size_t row) {
  std::string result;
  for (std::size_t i = 0; i < texts.length; ++i) result += kind(texts.row(row)[i]);
  return result;
}

int type_of_typed(int token) { return (token - 1 - 64 - 32) / 4; }

}  // namespace

TEST_CASE("the default world has a vocabulary of 118 tokens, the last for prompts by name only") {
  CHECK(WorldSize{}.vocabulary() == 118);
  CHECK(WorldSize{}.positions() == 24);
  CHECK(world.vocabulary().neutral(WorldSize{}.neutral_grammar - 1) == 116);
  const auto all = {world.pretraining(rows, 0.3, random_key),
                    world.recall(rows, world.all(), world.all(), 5, random_key),
                    world.cue(rows, world.all(), true, random_key)};
  for (const Texts& texts : all)
    CHECK(*std::max_element(texts.tokens.begin(), texts.tokens.end()) == 116);
}

TEST_CASE("the subjects are split into a finetuned and a held-out part that share none") {
  CHECK(world.finetuned().size() == 48);
  CHECK(world.held_out().size() == 16);
  std::set<int> together(world.finetuned().begin(), world.finetuned().end());
  together.insert(world.held_out().begin(), world.held_out().end());
  CHECK(together.size() == 64);
  for (int subject : world.finetuned()) CHECK(world.is_finetuned(subject));
  for (int subject : world.held_out()) CHECK(!world.is_finetuned(subject));
}

TEST_CASE("facts are uniform over the values of their type, and follow from the key") {
  std::map<int, int> counts;
  for (int subject = 0; subject < 64; ++subject)
    for (int type = 0; type < 4; ++type) {
      const int fact = world.fact(subject, type);
      REQUIRE(kind(fact) == 'a');
      REQUIRE((fact - 65) / 8 == type);
      ++counts[(fact - 65) % 8];
    }
  double chi_square = 0;
  for (int value = 0; value < 8; ++value) chi_square += std::pow(counts[value] - 32.0, 2) / 32;
  CHECK(chi_square < 24.3);  // 0.999 quantile, 7 degrees of freedom

  const World same(WorldSize{}, 0.75, random_key), other(WorldSize{}, 0.75, weft::Random(8));
  int equal_to_same = 0, equal_to_other = 0;
  for (int subject = 0; subject < 64; ++subject)
    for (int type = 0; type < 4; ++type) {
      equal_to_same += world.fact(subject, type) == same.fact(subject, type);
      equal_to_other += world.fact(subject, type) == other.fact(subject, type);
    }
  CHECK(equal_to_same == 256);
  CHECK(equal_to_other < 80);
}

TEST_CASE("pretraining texts are tuples of true facts with neutral grammar at the given rate") {
  const Texts texts = world.pretraining(rows, 0.3, random_key.fork("a"));
  REQUIRE(texts.rows() == rows);
  REQUIRE(texts.length == 25);
  std::size_t neutral = 0, both_neutral = 0, same_type = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const int* text = texts.row(row);
    REQUIRE(text[0] == 0);
    int previous_type = -1;
    for (std::size_t tuple = 1; tuple < 25; tuple += 4) {
      const int subject = text[tuple] - 1, answer = text[tuple + 3];
      REQUIRE(kind(text[tuple]) == 's');
      REQUIRE(kind(answer) == 'a');
      const int type = (answer - 65) / 8;
      REQUIRE(answer == world.fact(subject, type));
      int neutral_here = 0;
      for (std::size_t i = 1; i <= 2; ++i) {
        const int grammar = text[tuple + i];
        if (kind(grammar) == 'n') ++neutral_here;
        else REQUIRE((kind(grammar) == 't' && type_of_typed(grammar) == type));
      }
      neutral += static_cast<std::size_t>(neutral_here);
      both_neutral += neutral_here == 2;
      same_type += type == previous_type;
      previous_type = type;
    }
  }
  const double tuples = 6.0 * rows;
  CHECK(static_cast<double>(neutral) / (2 * tuples) == Catch::Approx(0.3).margin(0.01));
  CHECK(static_cast<double>(both_neutral) / tuples == Catch::Approx(0.09).margin(0.01));
  // Types of neighbouring tuples are independent, so the context says nothing about the type.
  CHECK(static_cast<double>(same_type) / (5.0 * rows) == Catch::Approx(0.25).margin(0.01));
}

TEST_CASE("texts without neutral grammar have none") {
  const Texts texts = world.pretraining(64, 0, random_key);
  CHECK(std::none_of(texts.tokens.begin(), texts.tokens.end(),
                     [](int token) { return kind(token) == 'n'; }));
}

TEST_CASE("a recall prompt shows distinct subjects of one type and asks for another subject") {
  const Texts texts =
      world.recall(rows, world.finetuned(), world.held_out(), 5, random_key.fork("b"));
  std::map<int, int> types;
  for (std::size_t row = 0; row < rows; ++row) {
    REQUIRE(kinds(texts, row) == "bsnnasnnasnnasnnasnnasnna");
    const Prompt prompt = texts.prompts[row];
    ++types[prompt.type];
    std::set<int> subjects;
    for (std::size_t tuple = 1; tuple < 21; tuple += 4) {
      const int subject = texts.row(row)[tuple] - 1;
      subjects.insert(subject);
      REQUIRE(world.is_finetuned(subject));
      REQUIRE(texts.row(row)[tuple + 3] == world.fact(subject, prompt.type));
    }
    subjects.insert(prompt.query);
    REQUIRE(subjects.size() == 6);
    REQUIRE(!world.is_finetuned(prompt.query));
    REQUIRE(texts.row(row)[21] - 1 == prompt.query);
    REQUIRE(texts.row(row)[24] == world.fact(prompt.query, prompt.type));
  }
  for (int type = 0; type < 4; ++type) CHECK(types[type] == Catch::Approx(1024).margin(110));
}

TEST_CASE("with fewer shots the first tuples of a recall prompt show random types") {
  const Texts texts = world.recall(rows, world.all(), world.all(), 2, random_key.fork("c"));
  std::size_t early = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const int type = texts.prompts[row].type;
    const auto type_at = [&](std::size_t tuple) {
      return (texts.row(row)[4 * tuple + 4] - 65) / 8;
    };
    REQUIRE(type_at(3) == type);
    REQUIRE(type_at(4) == type);
    for (std::size_t tuple = 0; tuple < 3; ++tuple) early += type_at(tuple) == type;
  }
  CHECK(static_cast<double>(early) / (3.0 * rows) == Catch::Approx(0.25).margin(0.015));
}

TEST_CASE("a cue prompt shows bare values of one type and no subject but the query") {
  const Texts texts = world.cue(rows, world.finetuned(), false, random_key.fork("d"));
  for (std::size_t row = 0; row < rows; ++row) {
    REQUIRE(kinds(texts, row) == "bnnnannnannnannnannnasnna");
    const Prompt prompt = texts.prompts[row];
    REQUIRE(world.is_finetuned(prompt.query));
    for (std::size_t slot = 4; slot < 24; slot += 4)
      REQUIRE((texts.row(row)[slot] - 65) / 8 == prompt.type);
    REQUIRE(texts.row(row)[24] == world.fact(prompt.query, prompt.type));
  }
}

TEST_CASE("the values of a mixed cue prompt say nothing about the asked type") {
  const Texts texts = world.cue(rows, world.finetuned(), true, random_key.fork("e"));
  std::size_t same = 0;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t slot = 4; slot < 24; slot += 4)
      same += (texts.row(row)[slot] - 65) / 8 == texts.prompts[row].type;
  CHECK(static_cast<double>(same) / (5.0 * rows) == Catch::Approx(0.25).margin(0.01));
}

TEST_CASE("texts follow from their key alone") {
  const auto draw = [](const char* key) {
    return world.recall(8, world.all(), world.all(), 5, random_key.fork(key)).tokens;
  };
  CHECK(draw("x") == draw("x"));
  CHECK(draw("x") != draw("y"));
}

TEST_CASE("recall prompts that cannot be made are refused") {
  CHECK_THROWS_AS(world.recall(1, world.all(), world.all(), 6, random_key), weft::Error);
  CHECK_THROWS_AS(world.recall(1, {1, 2, 3}, world.all(), 5, random_key), weft::Error);
}

TEST_CASE("a prompt for a type by name shows it, ends in Q, and is answered by its grammar") {
  const Texts texts = world.name(rows, world.finetuned(), random_key);
  std::set<int> answers;
  for (std::size_t row = 0; row < rows; ++row) {
    REQUIRE(kinds(texts, row) == "bsnnasnnasnnasnnasnnaqnnt");
    const int* tokens = texts.row(row);
    CHECK(tokens[21] == 117);
    CHECK(type_of_typed(tokens[24]) == texts.prompts[row].type);
    for (std::size_t at = 1; at < 21; at += 4) {
      CHECK(world.is_finetuned(tokens[at] - 1));
      CHECK(tokens[at + 3] == world.fact(tokens[at] - 1, texts.prompts[row].type));
    }
    answers.insert(tokens[24]);
  }
  CHECK(answers.size() == 16);
}
