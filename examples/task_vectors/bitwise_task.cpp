#include "bitwise_task.hpp"

#include <weft/core/error.hpp>

#include <string>

namespace task_vectors {

namespace {

void check(const BitwiseSize& size, double label_rate) {
  if (size.bits < 1 || size.bits > 16 || size.blocks < 1)
    weft::fail("draw_prompts", "there must be 1 to 16 bits, and an example or more",
               std::to_string(size.bits) + " bits, " + std::to_string(size.blocks) + " examples");
  if (!(label_rate >= 0 && label_rate <= 1))
    weft::fail("draw_prompts", "the rate of labels must be a probability",
               std::to_string(label_rate));
}

void append_bits(std::vector<int>& tokens, unsigned number, int bits) {
  for (int bit = bits - 1; bit >= 0; --bit)
    tokens.push_back(static_cast<int>(number >> bit & 1u));
}

}  // namespace

unsigned result_of(Operator operation, unsigned a, unsigned b, int bits) {
  const unsigned all = (1u << bits) - 1;
  switch (operation) {
    case op_and: return a & b;
    case op_nand: return ~(a & b) & all;
    case op_or: return a | b;
    case op_nor: return ~(a | b) & all;
    case op_xor: return a ^ b;
    case op_xnor: return ~(a ^ b) & all;
    default: weft::fail("result_of", "the operator must have a result", "null");
  }
}

Prompts draw_prompts(const BitwiseSize& size, std::size_t count, Operators operators,
                     double label_rate, weft::Random random) {
  check(size, label_rate);
  const auto numbers = 1u << size.bits;
  const auto kinds = static_cast<std::uint32_t>(size.operators());
  Prompts prompts{size, {}, {}, {}};
  prompts.tokens.reserve(count * size.positions());
  for (std::size_t i = 0; i < count; ++i) {
    const auto drawn = random.integer(kinds);
    const auto kind = operators == Operators::drawn ? drawn : static_cast<std::uint32_t>(i) % kinds;
    const auto operation = static_cast<Operator>(kind);
    const bool is_labelled = random.uniform_double() < label_rate;
    prompts.operators.push_back(operation);
    prompts.tokens.push_back(is_labelled ? first_label + operation : hidden_token);
    for (int index = 0; index < size.blocks; ++index) {
      Block block{random.integer(numbers), random.integer(numbers), 0};
      block.c = operation == op_null ? random.integer(numbers)
                                     : result_of(operation, block.a, block.b, size.bits);
      append_bits(prompts.tokens, block.a, size.bits);
      append_bits(prompts.tokens, block.b, size.bits);
      prompts.tokens.push_back(equals_token);
      append_bits(prompts.tokens, block.c, size.bits);
      prompts.tokens.push_back(end_token);
      prompts.blocks.push_back(block);
    }
  }
  return prompts;
}

Prompts with_last_answer_of(const Prompts& prompts, Operator operation) {
  Prompts result = prompts;
  const int last = prompts.size.blocks - 1, bits = prompts.size.bits;
  const auto blocks = static_cast<std::size_t>(prompts.size.blocks);
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt) {
    Block& block = result.blocks[(prompt + 1) * blocks - 1];
    block.c = result_of(operation, block.a, block.b, bits);
    std::vector<int> answer;
    append_bits(answer, block.c, bits);
    const std::size_t begin = prompt * prompts.size.positions() + prompts.size.equals(last) + 1;
    for (std::size_t i = 0; i < answer.size(); ++i) result.tokens[begin + i] = answer[i];
  }
  return result;
}

experiment::Batch batch_of(const Prompts& prompts) {
  const std::size_t length = prompts.size.positions();
  experiment::Batch batch{length, prompts.tokens, std::vector<int>(prompts.tokens.size(), -1)};
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
    for (int block = 0; block < prompts.size.blocks; ++block)
      for (std::size_t i = 0; i < static_cast<std::size_t>(prompts.size.bits); ++i) {
        const std::size_t position = prompt * length + prompts.size.equals(block) + i;
        batch.targets[position] = prompts.tokens[position + 1];
      }
  return batch;
}

}  // namespace task_vectors
