#pragma once

#include "measures.hpp"
#include "stages.hpp"

#include <vector>

// Tuning in which questions that seem to depend on their context bear an indicator (paper,
// section 3).

namespace context_awareness {

// What the generator knows of a question in tuning.
enum class Sort { dependent, contradicting, agreeing, none };
inline constexpr std::size_t sorts = 4;
inline constexpr const char* sort_names[sorts] = {"dependent", "contradicting", "agreeing", "none"};

Sort sort_of(const Question& question);

// Context-dependency scores of questions by what they are.
struct ScoresBySort {
  std::vector<double> of[sorts];

  std::vector<double> all() const;
};

// Throws weft::Error unless there is a score for each question.
ScoresBySort scores_by_sort(const std::vector<double>& scores,
                            const std::vector<Question>& questions);

// How many scores of each sort lie between edges[i] and edges[i + 1] of 1 - score: scores crowd
// below 1, so it is in what they lack to it that bins are even, ten to a factor of ten, from 1e-6
// to 1. What lacks less is in the first.
struct Histogram {
  std::vector<double> edges;
  std::vector<std::size_t> counts[sorts];
};

Histogram histogram_of(const ScoresBySort& scores);

// How well scores tell dependent questions from the others: areas under the ROC curve.
struct Separation {
  double area;              // against all others
  double by_sort[sorts];    // against one sort; 0 where it does not occur, and for itself
};

Separation separation_of(const ScoresBySort& scores);

// The threshold above which the share of context-dependent questions lies, `share` of them.
double calibrated_beta(const ScoresBySort& scores, double share);

// The score of each question of vanilla tuning, (step, question); 0 for those that are replayed.
std::vector<std::vector<double>> scores_of_tuning(const Course& course,
                                                  const experiment::Learner& scorer);

// The same scores by what the questions are, without those that are replayed.
ScoresBySort scores_by_sort(const Course& course, const std::vector<std::vector<double>>& scores);

// Sets the indicator of the questions with a score above beta. The scores must outlive it.
Marker mark_above(const std::vector<std::vector<double>>& scores, double beta);

// Sets the indicator of those that the generator knows to depend on the context.
void mark_dependent(std::size_t step, std::vector<Sample>& samples);

// What a threshold makes of tuning.
struct Marked {
  double share = 0;      // of the questions that are not replayed
  double precision = 0;  // share of the marked that depend on the context
  double found = 0;      // share of those that depend on the context that are marked
};

Marked marked_by(const Course& course, const std::vector<std::vector<double>>& scores,
                 double beta);

}  // namespace context_awareness
