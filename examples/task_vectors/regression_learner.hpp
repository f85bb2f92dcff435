#pragma once

#include "../experiment/learner.hpp"

// What the regression experiment asks of a model, whatever its size; see experiment::Learner.

namespace task_vectors {

// Sequences of vectors, as tokens_of() makes them, and what is to be predicted of each.
struct RegressionBatch {
  std::vector<float> tokens;   // (sequence, position, feature)
  std::vector<float> targets;  // (sequence, pair)
};

using RegressionTraining = experiment::TrainingOn<RegressionBatch>;

struct RegressionLearner {
  std::function<weft::TrainingState(const RegressionTraining&)> train;
  std::function<std::vector<float>(const std::vector<float>& tokens)> predict;  // (sequence, pair)
  // The same with some of what the model computes changed.
  std::function<std::vector<float>(const std::vector<float>& tokens,
                                   const weft::Edit<float>&)> predict_with;
  // After each block, at these positions.
  std::function<experiment::Activations(const std::vector<float>& tokens,
                                        const std::vector<std::size_t>& positions)> observe;
  std::function<void(const std::string& path)> save, load;
  weft::nn::TransformerConfig config;
  std::size_t parameters = 0;
  weft::LaneOptions lanes;  // as it is trained
};

}  // namespace task_vectors
