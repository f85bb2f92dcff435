#pragma once

#include "measures.hpp"

#include <weft/interpret/score_bias.hpp>

#include <vector>

// Attention that is turned to the user's part after training (paper, section 2.3).

namespace context_awareness {

// Every key of the prompt that is not the user's, BOS and roles, has its weight multiplied by alpha
// before the pattern is normalised, for all queries: log(alpha) is added to its scores. Keys of the
// answer are left as they are, as in the authors' code. Throws weft::Error unless alpha is
// positive.
weft::Edit<float> steering(const Prompts& prompts, double alpha,
                           const weft::SteeredHeads& where = {});

// What steering makes of the answers in the template.
struct Steered {
  double alpha;
  Score needle, memory;

  // What is won of the one counts as much as what is lost of the other.
  double sum() const { return needle.recall + memory.exact; }
};

Steered steered(const experiment::Learner& learner, const Task& task, const Tests& tests,
                double alpha, const weft::SteeredHeads& where = {});

// 1 is no steering.
inline constexpr double alphas[] = {1,   0.95, 0.7,  0.5,  0.3,  0.2,
                                    0.1, 0.05, 0.02, 0.01};
// Those that may be chosen are from 0.5 to 0.02.
inline constexpr double greatest_choice = 0.5, least_choice = 0.02;

// One for each of alphas.
std::vector<Steered> steer_over_alphas(const experiment::Learner& learner, const Task& task,
                                       const Tests& tests);

// The choice with the greatest sum of needle recall and accuracy on facts, of several the mildest.
double best_alpha(const std::vector<Steered>& over_alphas);

// One head of one layer steered alone.
struct SteeredHead {
  std::size_t layer, head;
  Steered result;
};

std::vector<SteeredHead> steer_each_head(const experiment::Learner& learner, const Task& task,
                                         const Tests& tests, double alpha);

// The place among heads of the one with the greatest sum, as for alpha; of several the first.
// Throws weft::Error where there are none.
std::size_t best_head(const std::vector<SteeredHead>& heads);

// All heads of one layer steered, by layer.
std::vector<Steered> steer_each_layer(const experiment::Learner& learner, const Task& task,
                                      const Tests& tests, double alpha);

}  // namespace context_awareness
