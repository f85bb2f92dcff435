#pragma once

#include "../experiment/learner.hpp"

#include <vector>

// Patches from one task's mean state to another's, and what they change over all pairs of tasks.

namespace task_vectors {

// The mean state of each task at some positions.
struct TaskMeans {
  std::vector<std::size_t> positions;
  std::size_t layers = 0, width = 0;
  std::vector<float> elements;  // (task, layer, position, feature)

  const float* row(int task, std::size_t layer, std::size_t position) const {
    return elements.data() +
           ((static_cast<std::size_t>(task) * layers + layer) * positions.size() + position) *
               width;
  }
};

// Of the states at these positions of rows with these tasks; rows of tasks from `count` on are left
// out. Throws weft::Error where a task has no row.
TaskMeans task_means(const experiment::Activations& states, const std::vector<int>& tasks,
                     int count, const std::vector<std::size_t>& positions);

// h += mean of target - mean of source, after this layer, at the positions of the means.
weft::Edit<float> mean_shift(const TaskMeans& means, std::size_t layer, int source, int target,
                             std::size_t sequence_length);

// What is measured of prompts of each source moved towards each target, (source, target).
using PairValues = std::vector<std::vector<double>>;

// The mean over sources and targets that differ, and that of what they add to a source moved
// towards itself.
double mean_over_pairs(const PairValues& values);
double mean_rise_over_pairs(const PairValues& values);

}  // namespace task_vectors
