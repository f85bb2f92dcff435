#pragma once

#include "task.hpp"

#include <vector>

// How well a model answers.

namespace context_awareness {

// The share of the expected values that are among those given, 0, 1/2 or 1.
double recall_of(const Answer& given, const Answer& expected);

// Means over questions.
struct Score {
  double recall = 0;       // of the answer
  double exact = 0;        // both values right, in their places
  double fact_recall = 0;  // of what the facts say, right or wrong
};

// The two values that the model gives after each prompt, greedily; the prompts must have as many
// tokens. edit may change scores or patterns of attention.
std::vector<Answer> answers_of(const experiment::Learner& learner, const Prompts& prompts,
                               const weft::Edit<float>& edit = {});

// Throws weft::Error unless there is an answer to each question.
Score score_of(const std::vector<Answer>& answers, const std::vector<Question>& questions);

// What models are measured on, the same for all: needles that contradict the facts, at evenly
// spaced depths, with the needle as the answer; contexts without a needle; and needles that agree.
struct Tests {
  std::vector<Question> needle, memory, agreeing;
};

inline constexpr std::size_t depths = 20;  // from 0 to 1, in turn

// Question number i has depth i modulo `depths`.
Tests draw_tests(const Task& task, std::size_t context, std::size_t count,
                 const weft::Random& random);

// The depth of a question of a test.
double depth_of(std::size_t question);

// A model's scores in one form.
struct FormScores {
  Score needle, memory, agreeing;
  std::vector<double> needle_by_depth;  // recall
};

FormScores scores_in(const Form& form, const experiment::Learner& learner, const Task& task,
                     const Tests& tests);

// A model's scores in all forms.
struct ModelScores {
  FormScores raw, roles, indicator;
};

ModelScores scores_of(const experiment::Learner& learner, const Task& task, const Tests& tests);

// Needle recall over lengths of the context and depths, (length, depth).
struct RecallMap {
  std::vector<std::size_t> lengths;
  std::vector<std::vector<double>> recall;
};

// As many lengths as depths, evenly spaced over those of the task, each once; `count` questions in
// a cell.
RecallMap map_of(const Form& form, const experiment::Learner& learner, const Task& task,
                 std::size_t count, const weft::Random& random);

}  // namespace context_awareness
