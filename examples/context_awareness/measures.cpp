#include "measures.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <string>

namespace context_awareness {

namespace {

// Questions with the needle as the answer, depth after depth in turn.
std::vector<Question> needles(const Task& task, Kind kind, std::size_t context, std::size_t count,
                              weft::Random random) {
  std::vector<Question> questions;
  for (std::size_t i = 0; i < count; ++i)
    questions.push_back(
        task.draw(kind, kind == Kind::conflicting, context, depth_of(i), random));
  return questions;
}

std::vector<double> recall_by_depth(const std::vector<Answer>& answers,
                                    const std::vector<Question>& questions) {
  std::vector<double> sums(depths), counts(depths);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    sums[i % depths] += recall_of(answers[i], questions[i].answer());
    ++counts[i % depths];
  }
  for (std::size_t depth = 0; depth < depths; ++depth) sums[depth] /= std::max(counts[depth], 1.0);
  return sums;
}

}  // namespace

double recall_of(const Answer& given, const Answer& expected) {
  double found = 0;
  for (const int value : expected) found += std::count(given.begin(), given.end(), value) > 0;
  return found / static_cast<double>(expected.size());
}

std::vector<Answer> answers_of(const experiment::Learner& learner, const Prompts& prompts,
                               const weft::Edit<float>& edit) {
  const std::vector<int> tokens =
      learner.generate(prompts.rows(), prompts.layout().length, 2, edit);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < tokens.size(); i += 2) answers.push_back({tokens[i], tokens[i + 1]});
  return answers;
}

Score score_of(const std::vector<Answer>& answers, const std::vector<Question>& questions) {
  if (answers.size() != questions.size() || questions.empty())
    weft::fail("score_of", "there must be an answer to each question",
               std::to_string(answers.size()) + " of " + std::to_string(questions.size()));
  Score sum;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    sum.recall += recall_of(answers[i], questions[i].answer());
    sum.exact += answers[i] == questions[i].answer();
    sum.fact_recall += recall_of(answers[i], questions[i].fact);
  }
  const auto count = static_cast<double>(questions.size());
  return {sum.recall / count, sum.exact / count, sum.fact_recall / count};
}

double depth_of(std::size_t question) {
  return static_cast<double>(question % depths) / static_cast<double>(depths - 1);
}

Tests draw_tests(const Task& task, std::size_t context, std::size_t count,
                 const weft::Random& random) {
  return {needles(task, Kind::conflicting, context, count, random.fork("needle")),
          needles(task, Kind::none, context, count, random.fork("memory")),
          needles(task, Kind::agreeing, context, count, random.fork("agreeing"))};
}

FormScores scores_in(const Form& form, const experiment::Learner& learner, const Task& task,
                     const Tests& tests) {
  const auto answers = [&](const std::vector<Question>& questions) {
    return answers_of(learner, prompts_of(questions, form, task.size()));
  };
  const std::vector<Answer> to_needles = answers(tests.needle);
  return {score_of(to_needles, tests.needle), score_of(answers(tests.memory), tests.memory),
          score_of(answers(tests.agreeing), tests.agreeing),
          recall_by_depth(to_needles, tests.needle)};
}

ModelScores scores_of(const experiment::Learner& learner, const Task& task, const Tests& tests) {
  return {scores_in({}, learner, task, tests), scores_in({.roles = true}, learner, task, tests),
          scores_in({.roles = true, .indicator = true}, learner, task, tests)};
}

RecallMap map_of(const Form& form, const experiment::Learner& learner, const Task& task,
                 std::size_t count, const weft::Random& random) {
  const std::size_t shortest = task.size().shortest_context;
  const std::size_t span = task.size().longest_context - shortest;
  RecallMap map;
  for (std::size_t i = 0; i < depths; ++i) {
    const std::size_t length = shortest + (span * i + (depths - 1) / 2) / (depths - 1);
    if (!map.lengths.empty() && map.lengths.back() == length) continue;
    const std::vector<Question> questions =
        needles(task, Kind::conflicting, length, count * depths, random.fork(length));
    map.lengths.push_back(length);
    map.recall.push_back(recall_by_depth(
        answers_of(learner, prompts_of(questions, form, task.size())), questions));
  }
  return map;
}

}  // namespace context_awareness
