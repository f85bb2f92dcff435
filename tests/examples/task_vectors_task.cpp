#include <examples/task_vectors/bayes.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <map>

using namespace task_vectors;

namespace {

constexpr BitwiseSize size;  // 3 bits, 5 examples
const weft::Random key(5);

// The number that bits spell, the highest first.
unsigned number_at(const Prompts& prompts, std::size_t prompt, std::size_t position) {
  unsigned number = 0;
  for (int bit = 0; bit < prompts.size.bits; ++bit)
    number = 2 * number + static_cast<unsigned>(prompts.tokens[prompt * prompts.size.positions() +
                                                               position + std::size_t(bit)]);
  return number;
}

// What an operator makes of one bit each, from its truth table.
unsigned bit_of(int operation, unsigned a, unsigned b) {
  constexpr unsigned tables[] = {0b1000, 0b0111, 0b1110, 0b0001, 0b0110, 0b1001};
  return tables[operation] >> (2 * a + b) & 1;
}

// p(the operator makes c of a and b), bit by bit.
double probability(int operation, unsigned a, unsigned b, unsigned c, int bits) {
  double product = 1;
  for (int bit = 0; bit < bits; ++bit)
    product *= operation == op_null ? 0.5
                                    : double(bit_of(operation, a >> bit & 1, b >> bit & 1) ==
                                             (c >> bit & 1));
  return product;
}

}  // namespace

TEST_CASE("operators have the results of their truth tables, bit by bit") {
  for (int operation = op_and; operation <= op_xnor; ++operation)
    for (unsigned a = 0; a < 8; ++a)
      for (unsigned b = 0; b < 8; ++b) {
        const unsigned result = result_of(static_cast<Operator>(operation), a, b, 3);
        REQUIRE(result < 8);
        for (unsigned bit = 0; bit < 3; ++bit)
          REQUIRE((result >> bit & 1) == bit_of(operation, a >> bit & 1, b >> bit & 1));
      }
  CHECK_THROWS_AS(result_of(op_null, 1, 2, 3), weft::Error);
}

TEST_CASE("a prompt spells its examples, operands before results, with the operator's result") {
  const Prompts prompts = draw_prompts(size, 200, Operators::drawn, 0, key);
  REQUIRE(size.positions() == 56);
  REQUIRE(prompts.tokens.size() == 200 * 56);
  for (std::size_t prompt = 0; prompt < 200; ++prompt) {
    const int* tokens = prompts.tokens.data() + prompt * 56;
    REQUIRE(tokens[0] == hidden_token);
    for (int block = 0; block < 5; ++block) {
      const std::size_t begin = 1 + 11 * static_cast<std::size_t>(block);
      const unsigned a = number_at(prompts, prompt, begin);
      const unsigned b = number_at(prompts, prompt, begin + 3);
      const unsigned c = number_at(prompts, prompt, begin + 7);
      REQUIRE(size.equals(block) == begin + 6);
      REQUIRE(tokens[begin + 6] == equals_token);
      REQUIRE(tokens[begin + 10] == end_token);
      REQUIRE(probability(prompts.operators[prompt], a, b, c, 3) == 1);
      REQUIRE(prompts.block(prompt, block).c == c);
    }
  }
}

TEST_CASE("operators and operands are uniform, and labels as frequent as asked") {
  constexpr std::size_t count = 6000;
  const Prompts prompts = draw_prompts(size, count, Operators::drawn, 0.95, key);
  std::map<int, double> operators;
  std::map<unsigned, double> operands;
  double labels = 0;
  for (std::size_t prompt = 0; prompt < count; ++prompt) {
    ++operators[prompts.operators[prompt]];
    const int head = prompts.tokens[prompt * 56];
    if (head != hidden_token) REQUIRE(head == first_label + prompts.operators[prompt]);
    labels += head != hidden_token;
    for (int block = 0; block < 5; ++block)
      ++operands[8 * prompts.block(prompt, block).a + prompts.block(prompt, block).b];
  }
  const auto chi_square = [](const auto& counts, double expected) {
    double sum = 0;
    for (const auto& [value, observed] : counts)
      sum += (observed - expected) * (observed - expected) / expected;
    return sum;
  };
  REQUIRE(operators.size() == 6);
  REQUIRE(operands.size() == 64);
  CHECK(chi_square(operators, count / 6.0) < 20.5);        // 0.999 quantile, 5 degrees of freedom
  CHECK(chi_square(operands, 5 * count / 64.0) < 103.4);   // 63 degrees of freedom
  CHECK(std::abs(labels / count - 0.95) < 4 * std::sqrt(0.95 * 0.05 / count));
}

TEST_CASE("operators emit ones as often as their truth tables do") {
  const Prompts prompts = draw_prompts(size, 6000, Operators::by_turns, 0, key);
  std::vector<double> ones(6);
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
    for (int block = 0; block < 5; ++block)
      ones[std::size_t(prompts.operators[prompt])] +=
          __builtin_popcount(prompts.block(prompt, block).c);
  const double shares[] = {0.25, 0.75, 0.75, 0.25, 0.5, 0.5};
  for (std::size_t operation = 0; operation < 6; ++operation)
    CHECK(ones[operation] / 15000 == Catch::Approx(shares[operation]).margin(0.016));
}

TEST_CASE("by turns each operator has as many prompts, and Null's answers are coin flips") {
  constexpr BitwiseSize with_null{.bits = 3, .blocks = 5, .null = true};
  const Prompts prompts = draw_prompts(with_null, 7 * 400, Operators::by_turns, 0, key);
  std::map<unsigned, double> answers;
  for (int operation = op_and; operation <= op_null; ++operation)
    CHECK(std::count(prompts.operators.begin(), prompts.operators.end(), operation) == 400);
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
    for (int block = 0; block < 5 && prompts.operators[prompt] == op_null; ++block)
      ++answers[prompts.block(prompt, block).c];
  double chi_square = 0;
  for (const auto& [answer, count] : answers) chi_square += (count - 250) * (count - 250) / 250;
  CHECK(chi_square < 24.3);  // 0.999 quantile, 7 degrees of freedom
}

TEST_CASE("prompts follow from the key and from nothing else") {
  const Prompts one = draw_prompts(size, 20, Operators::drawn, 0.5, key);
  CHECK(draw_prompts(size, 20, Operators::drawn, 0.5, key).tokens == one.tokens);
  CHECK(draw_prompts(size, 20, Operators::drawn, 0.5, weft::Random(6)).tokens != one.tokens);
}

TEST_CASE("only the bits of answers are to be predicted") {
  const Prompts prompts = draw_prompts(size, 3, Operators::drawn, 0, key);
  const experiment::Batch batch = batch_of(prompts);
  for (std::size_t position = 0; position < 56; ++position) {
    const std::size_t place = position == 0 ? 0 : (position - 1) % 11;
    const bool counts = position > 0 && place >= 6 && place < 9;
    CHECK((batch.targets[position] >= 0) == counts);
    if (counts) CHECK(batch.targets[position] == prompts.tokens[position + 1]);
  }
}

TEST_CASE("another last answer changes the last example's answer only") {
  const Prompts prompts = draw_prompts(size, 50, Operators::drawn, 0, key);
  const Prompts changed = with_last_answer_of(prompts, op_xor);
  for (std::size_t prompt = 0; prompt < 50; ++prompt)
    for (std::size_t position = 0; position < 56; ++position) {
      const std::size_t i = prompt * 56 + position;
      if (position < 52 || position == 55) REQUIRE(changed.tokens[i] == prompts.tokens[i]);
      else if (position == 52)
        REQUIRE(number_at(changed, prompt, 52) ==
                (number_at(prompts, prompt, 45) ^ number_at(prompts, prompt, 48)));
    }
}

TEST_CASE("the Bayes answer is the most probable of all numbers, by brute force") {
  for (const bool null : {false, true})
    for (const int bits : {1, 2, 3}) {
      const BitwiseSize tiny{.bits = bits, .blocks = 3, .null = null};
      const Prompts prompts = draw_prompts(tiny, 300, Operators::drawn, 0, key.fork(bits));
      const std::vector<unsigned> answers = bayes_answers(prompts);
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::size_t first = i / 3 * 3;
        const auto posterior_of = [&](unsigned c) {
          double sum = 0;
          for (int operation = 0; operation < tiny.operators(); ++operation) {
            double product = 1;
            for (std::size_t j = first; j < i; ++j)
              product *= probability(operation, prompts.blocks[j].a, prompts.blocks[j].b,
                                     prompts.blocks[j].c, bits);
            sum += product * probability(operation, prompts.blocks[i].a, prompts.blocks[i].b, c,
                                         bits);
          }
          return sum;
        };
        double greatest = 0;
        for (unsigned c = 0; c < 1u << bits; ++c) greatest = std::max(greatest, posterior_of(c));
        CAPTURE(bits, null, i);
        REQUIRE(posterior_of(answers[i]) == Catch::Approx(greatest).epsilon(1e-12));
      }
    }
}

TEST_CASE("the ideal observer of three bits is right as often as enumerated by hand") {
  // Without examples, by the number of operators that share an answer: for one bit each pair of
  // operands has three operators with 0 and three with 1, so it is right half of the time.
  const Prompts prompts =
      draw_prompts({.bits = 1, .blocks = 1}, 6000, Operators::by_turns, 0, key);
  const std::vector<unsigned> answers = bayes_answers(prompts);
  double right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == prompts.blocks[i].c;
  CHECK(right / 6000 == Catch::Approx(0.5).margin(0.02));
}

TEST_CASE("prompts that cannot be are refused") {
  CHECK_THROWS_AS(draw_prompts({.bits = 0}, 1, Operators::drawn, 0, key), weft::Error);
  CHECK_THROWS_AS(draw_prompts({.bits = 3, .blocks = 0}, 1, Operators::drawn, 0, key), weft::Error);
  CHECK_THROWS_AS(draw_prompts(size, 1, Operators::drawn, 1.5, key), weft::Error);
}
