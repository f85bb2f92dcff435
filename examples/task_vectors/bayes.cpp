#include "bayes.hpp"

#include <cmath>

namespace task_vectors {

namespace {

// The number of the greatest posterior probability, given p(o, examples before) by operator.
unsigned most_probable(const Block& block, const std::vector<double>& joint, int bits) {
  unsigned best = 0;
  double greatest = -1;
  // Null adds the same to every number, so that only results of the others can be greatest.
  for (int candidate = op_and; candidate <= op_xnor; ++candidate) {
    const unsigned c = result_of(static_cast<Operator>(candidate), block.a, block.b, bits);
    double sum = 0;
    for (int other = op_and; other <= op_xnor; ++other)
      if (result_of(static_cast<Operator>(other), block.a, block.b, bits) == c)
        sum += joint[static_cast<std::size_t>(other)];
    if (sum > greatest) greatest = sum, best = c;
  }
  return best;
}

}  // namespace

std::vector<unsigned> bayes_answers(const Prompts& prompts) {
  const BitwiseSize& size = prompts.size;
  const double coin_flips = std::ldexp(1.0, -size.bits);
  std::vector<unsigned> answers;
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt) {
    std::vector<double> joint(static_cast<std::size_t>(size.operators()), 1);
    for (int index = 0; index < size.blocks; ++index) {
      const Block& block = prompts.block(prompt, index);
      answers.push_back(most_probable(block, joint, size.bits));
      for (std::size_t o = 0; o < joint.size(); ++o) {
        const auto operation = static_cast<Operator>(o);
        if (operation == op_null) joint[o] *= coin_flips;
        else if (result_of(operation, block.a, block.b, size.bits) != block.c) joint[o] = 0;
      }
    }
  }
  return answers;
}

}  // namespace task_vectors
