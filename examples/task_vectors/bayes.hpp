#pragma once

#include "bitwise_task.hpp"

namespace task_vectors {

// What an ideal observer answers, (prompt, block): the number c with the greatest
//   p(c | examples before, a, b) = sum_o p(o | examples before) p(c | o, a, b),
// where all operators are equally likely at first. Of equally probable numbers it takes that of the
// first operator that has one. No predictor is right more often, on average over prompts whose
// operator is hidden; what a prompt begins with is not looked at.
std::vector<unsigned> bayes_answers(const Prompts& prompts);

}  // namespace task_vectors
