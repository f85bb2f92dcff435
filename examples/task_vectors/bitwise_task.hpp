#pragma once

#include "../experiment/learner.hpp"

#include <weft/core/random.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

// Prompts of the bitwise experiment: examples of one operator on two numbers, which is not named.

namespace task_vectors {

// null answers with coin flips: nothing can be learnt about it.
enum Operator : int { op_and, op_nand, op_or, op_nor, op_xor, op_xnor, op_null };

inline constexpr std::array<std::string_view, 7> operator_names{"AND", "NAND", "OR",  "NOR",
                                                                "XOR", "XNOR", "Null"};

// The result of an operator on two numbers of so many bits. Throws weft::Error for null.
unsigned result_of(Operator operation, unsigned a, unsigned b, int bits);

// Tokens: the bits 0 and 1, and these.
inline constexpr int equals_token = 2, end_token = 3, hidden_token = 4, first_label = 5;
inline constexpr std::size_t vocabulary = 12;

// A prompt is HEAD, then `blocks` times a_1..a_n b_1..b_n = c_1..c_n ; where HEAD is '?' or the
// label of the operator. Numbers are written with the highest bit first.
struct BitwiseSize {
  int bits = 3;
  int blocks = 5;      // so that a prompt shows 0, ..., blocks - 1 examples before an answer
  bool null = false;   // whether null is one of the operators

  constexpr int operators() const { return null ? 7 : 6; }
  constexpr std::size_t block_length() const { return static_cast<std::size_t>(3 * bits + 2); }
  constexpr std::size_t positions() const {
    return 1 + static_cast<std::size_t>(blocks) * block_length();
  }
  // Where '=' stands: the token before an answer.
  constexpr std::size_t equals(int block) const {
    return 1 + static_cast<std::size_t>(block) * block_length() +
           2 * static_cast<std::size_t>(bits);
  }
};

// One example: two numbers and what the operator makes of them.
struct Block {
  unsigned a, b, c;
};

struct Prompts {
  BitwiseSize size;
  std::vector<int> operators;  // of each prompt
  std::vector<Block> blocks;   // (prompt, block)
  std::vector<int> tokens;     // (prompt, position)

  std::size_t count() const { return operators.size(); }
  const Block& block(std::size_t prompt, int index) const {
    return blocks[prompt * static_cast<std::size_t>(size.blocks) +
                  static_cast<std::size_t>(index)];
  }
  experiment::TokenRows rows() const {
    return {tokens.data(), count(), size.positions()};
  }
};

// The operator of each prompt: drawn, or each as often as the others, by turns.
enum class Operators { drawn, by_turns };

// Draws prompts; operands are uniform. A prompt begins with the label of its operator with the
// given probability, else with '?'.
Prompts draw_prompts(const BitwiseSize& size, std::size_t count, Operators operators,
                     double label_rate, weft::Random random);

// The same prompts with another answer to the last example: that of this operator.
Prompts with_last_answer_of(const Prompts& prompts, Operator operation);

// To predict each bit of each answer, and nothing else.
experiment::Batch batch_of(const Prompts& prompts);

}  // namespace task_vectors
