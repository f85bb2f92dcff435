#include "conditional.hpp"

#include "attention.hpp"

#include "../experiment/statistics.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace context_awareness {

Sort sort_of(const Question& question) {
  if (question.kind == Kind::none) return Sort::none;
  if (question.kind == Kind::agreeing) return Sort::agreeing;
  return question.from_context ? Sort::dependent : Sort::contradicting;
}

std::vector<double> ScoresBySort::all() const {
  std::vector<double> result;
  for (const auto& scores : of) result.insert(result.end(), scores.begin(), scores.end());
  return result;
}

ScoresBySort scores_by_sort(const std::vector<double>& scores,
                            const std::vector<Question>& questions) {
  if (scores.size() != questions.size())
    weft::fail("scores_by_sort", "there must be a score for each question",
               std::to_string(scores.size()) + " for " + std::to_string(questions.size()));
  ScoresBySort result;
  for (std::size_t i = 0; i < questions.size(); ++i)
    result.of[static_cast<std::size_t>(sort_of(questions[i]))].push_back(scores[i]);
  return result;
}

Histogram histogram_of(const ScoresBySort& scores) {
  constexpr int decades = 6, bins = 10 * decades;
  Histogram result;
  for (int edge = 0; edge <= bins; ++edge)
    result.edges.push_back(std::pow(10, edge / 10.0 - decades));
  for (std::size_t sort = 0; sort < sorts; ++sort) {
    result.counts[sort].resize(bins);
    for (const double score : scores.of[sort]) {
      const double lack = std::clamp(1 - score, result.edges.front(), result.edges.back());
      const auto above =
          std::upper_bound(result.edges.begin(), result.edges.end() - 1, lack);
      ++result.counts[sort][static_cast<std::size_t>(above - result.edges.begin()) - 1];
    }
  }
  return result;
}

Separation separation_of(const ScoresBySort& scores) {
  Separation result{};
  std::vector<double> others;
  for (std::size_t sort = 1; sort < sorts; ++sort) {
    if (scores.of[sort].empty()) continue;
    result.by_sort[sort] = experiment::area_under_curve(scores.of[0], scores.of[sort]);
    others.insert(others.end(), scores.of[sort].begin(), scores.of[sort].end());
  }
  result.area = experiment::area_under_curve(scores.of[0], others);
  return result;
}

double calibrated_beta(const ScoresBySort& scores, double share) {
  return experiment::quantile(scores.all(), 1 - share);
}

std::vector<std::vector<double>> scores_of_tuning(const Course& course,
                                                  const experiment::Learner& scorer) {
  std::vector<Question> questions;
  std::vector<std::vector<double>> result;
  for (std::size_t step = 0; step < course.preset.tuning_steps; ++step)
    for (const Sample& sample : tuning_samples(course, vanilla_mixture(course.scenario), step))
      if (sample.form.roles) questions.push_back(sample.question);
  const std::vector<double> scores = dependency_scores(scorer, questions, course.task).context;
  auto next = scores.begin();
  for (std::size_t step = 0; step < course.preset.tuning_steps; ++step) {
    result.emplace_back();
    for (const Sample& sample : tuning_samples(course, vanilla_mixture(course.scenario), step))
      result.back().push_back(sample.form.roles ? *next++ : 0);
  }
  return result;
}

ScoresBySort scores_by_sort(const Course& course,
                            const std::vector<std::vector<double>>& scores) {
  ScoresBySort result;
  for (std::size_t step = 0; step < scores.size(); ++step) {
    const auto samples = tuning_samples(course, vanilla_mixture(course.scenario), step);
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (samples[i].form.roles)
        result.of[static_cast<std::size_t>(sort_of(samples[i].question))].push_back(
            scores[step][i]);
  }
  return result;
}

Marker mark_above(const std::vector<std::vector<double>>& scores, double beta) {
  return [&scores, beta](std::size_t step, std::vector<Sample>& samples) {
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i].form.indicator = samples[i].form.roles && scores[step][i] > beta;
  };
}

void mark_dependent(std::size_t, std::vector<Sample>& samples) {
  for (Sample& sample : samples)
    sample.form.indicator = sample.form.roles && sort_of(sample.question) == Sort::dependent;
}

Marked marked_by(const Course& course, const std::vector<std::vector<double>>& scores,
                 double beta) {
  const Marker mark = mark_above(scores, beta);
  double questions = 0, marked = 0, dependent = 0, both = 0;
  for (std::size_t step = 0; step < scores.size(); ++step) {
    auto samples = tuning_samples(course, vanilla_mixture(course.scenario), step);
    mark(step, samples);
    for (const Sample& sample : samples) {
      if (!sample.form.roles) continue;
      const bool is_dependent = sort_of(sample.question) == Sort::dependent;
      ++questions;
      marked += sample.form.indicator;
      dependent += is_dependent;
      both += sample.form.indicator && is_dependent;
    }
  }
  return {marked / std::max(questions, 1.0), both / std::max(marked, 1.0),
          both / std::max(dependent, 1.0)};
}

}  // namespace context_awareness
