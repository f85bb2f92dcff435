#include "mean_shift.hpp"

#include <weft/core/error.hpp>

#include <algorithm>

namespace task_vectors {

namespace {

template <class Value>
double mean_of_pairs(std::size_t tasks, Value value) {
  double sum = 0, pairs = 0;
  for (std::size_t source = 0; source < tasks; ++source)
    for (std::size_t target = 0; target < tasks; ++target) {
      if (source == target) continue;
      sum += value(source, target);
      ++pairs;
    }
  return sum / pairs;
}

}  // namespace

TaskMeans task_means(const experiment::Activations& states, const std::vector<int>& tasks,
                     int count, const std::vector<std::size_t>& positions) {
  const std::size_t size = states.layers * states.positions * states.width;
  const auto kinds = static_cast<std::size_t>(count);
  std::vector<double> sums(kinds * size), counts(kinds);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i] >= count) continue;
    const auto task = static_cast<std::size_t>(tasks[i]);
    ++counts[task];
    for (std::size_t j = 0; j < size; ++j)
      sums[task * size + j] += static_cast<double>(states.residual[i * size + j]);
  }
  if (std::count(counts.begin(), counts.end(), 0.0) > 0)
    weft::fail("task_means", "each task must have a prompt");
  TaskMeans means{positions, states.layers, states.width, {}};
  for (std::size_t i = 0; i < sums.size(); ++i)
    means.elements.push_back(static_cast<float>(sums[i] / counts[i / size]));
  return means;
}

weft::Edit<float> mean_shift(const TaskMeans& means, std::size_t layer, int source, int target,
                             std::size_t sequence_length) {
  const auto array_of = [&](int task) {
    std::vector<float> array(sequence_length * means.width);  // (position, feature)
    for (std::size_t i = 0; i < means.positions.size(); ++i)
      std::copy_n(means.row(task, layer, i), means.width,
                  array.data() + means.positions[i] * means.width);
    return array;
  };
  const std::vector<float> from = array_of(source), to = array_of(target);
  const std::vector<std::size_t> extents{sequence_length, means.width};
  weft::Edit<float> edit;
  edit.shift({.point = "blocks." + std::to_string(layer) + ".resid_post",
              .positions = means.positions},
             weft::AnyView<const float>(from.data(), extents),
             weft::AnyView<const float>(to.data(), extents));
  return edit;
}

double mean_over_pairs(const PairValues& values) {
  return mean_of_pairs(values.size(), [&](std::size_t source, std::size_t target) {
    return values[source][target];
  });
}

double mean_rise_over_pairs(const PairValues& values) {
  return mean_of_pairs(values.size(), [&](std::size_t source, std::size_t target) {
    return values[source][target] - values[source][source];
  });
}

}  // namespace task_vectors
