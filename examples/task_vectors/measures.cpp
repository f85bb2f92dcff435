#include "measures.hpp"

#include "bayes.hpp"

#include "../experiment/statistics.hpp"
#include "../experiment/probes.hpp"

#include <weft/core/parallel.hpp>

#include <algorithm>
#include <bit>

namespace task_vectors {

namespace {

std::size_t index(int value) { return static_cast<std::size_t>(value); }

}  // namespace

Hits hits_of(const std::vector<int>& predicted, const Prompts& prompts) {
  const BitwiseSize& size = prompts.size;
  Hits hits;
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
    for (int block = 0; block < size.blocks; ++block) {
      const std::size_t first = prompt * size.positions() + size.equals(block);
      const auto begin = predicted.begin() + static_cast<std::ptrdiff_t>(first);
      const auto tokens = prompts.tokens.begin() + static_cast<std::ptrdiff_t>(first + 1);
      hits.push_back(std::equal(begin, begin + size.bits, tokens));
    }
  return hits;
}

Hits bayes_hits(const Prompts& prompts) {
  const std::vector<unsigned> answers = bayes_answers(prompts);
  Hits hits;
  for (std::size_t i = 0; i < answers.size(); ++i)
    hits.push_back(answers[i] == prompts.blocks[i].c);
  return hits;
}

Accuracy accuracy_of(const Hits& hits, const Prompts& prompts) {
  const std::size_t shots = index(prompts.size.blocks);
  const std::size_t kinds = index(prompts.size.operators());
  Accuracy result{std::vector<double>(shots),
                  std::vector<std::vector<double>>(kinds, std::vector<double>(shots))};
  std::vector<double> counts(kinds);
  double all = 0;
  for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt) {
    const std::size_t kind = index(prompts.operators[prompt]);
    const bool has_rule = prompts.operators[prompt] != op_null;
    ++counts[kind];
    all += has_rule;
    for (std::size_t s = 0; s < shots; ++s) {
      const double hit = hits[prompt * shots + s];
      result.by_task[kind][s] += hit;
      if (has_rule) result.by_shots[s] += hit;
    }
  }
  for (double& sum : result.by_shots) sum /= std::max(all, 1.0);
  for (std::size_t kind = 0; kind < kinds; ++kind)
    for (double& sum : result.by_task[kind]) sum /= std::max(counts[kind], 1.0);
  return result;
}

std::vector<double> differences_in_errors(const Hits& a, const Hits& b, const Prompts& prompts) {
  const std::size_t shots = index(prompts.size.blocks);
  std::vector<double> result;
  for (std::size_t s = 0; s < shots; ++s) {
    std::vector<double> differences;
    for (std::size_t i = s; i < a.size(); i += shots) differences.push_back(a[i] - b[i]);
    result.push_back(experiment::mean_in_errors(differences));
  }
  return result;
}

std::size_t Decodability::best_layer() const {
  const auto best = std::max_element(mean.begin(), mean.end(), [](const auto& a, const auto& b) {
    return a.back() < b.back();
  });
  return static_cast<std::size_t>(best - mean.begin());
}

experiment::Activations states_of(const experiment::Learner& learner, const Prompts& prompts) {
  std::vector<std::size_t> positions;
  for (int block = 0; block < prompts.size.blocks; ++block)
    positions.push_back(prompts.size.equals(block));
  return learner.observe(prompts.rows(), positions);
}

experiment::Matrix samples_of(const experiment::Activations& states, std::size_t layer,
                              std::size_t position) {
  experiment::Matrix result = xt::empty<double>({states.rows, states.width});
  for (std::size_t row = 0; row < states.rows; ++row)
    for (std::size_t j = 0; j < states.width; ++j)
      result(row, j) = static_cast<double>(
          states.residual[((row * states.layers + layer) * states.positions + position) *
                              states.width + j]);
  return result;
}

Decodability decodability(const experiment::Activations& states, const Prompts& prompts,
                          int threads) {
  const std::size_t shots = index(prompts.size.blocks);
  Decodability result{{states.layers, std::vector<double>(shots)},
                      {states.layers, std::vector<std::vector<double>>(shots)}};
  weft::parallel_for(states.layers * shots, threads, [&](std::size_t i, int) {
    const std::size_t layer = i / shots, s = i % shots;
    auto found = experiment::nearest_neighbour_accuracy(
        samples_of(states, layer, s), prompts.operators, prompts.size.operators(), neighbours);
    result.mean[layer][s] = found.overall;
    result.by_task[layer][s] = std::move(found.by_group);
  });
  return result;
}

Decodability mean_of(const std::vector<Decodability>& several) {
  Decodability result = several.front();
  const auto share = 1 / static_cast<double>(several.size());
  for (std::size_t layer = 0; layer < result.mean.size(); ++layer)
    for (std::size_t s = 0; s < result.mean[layer].size(); ++s) {
      double& mean = result.mean[layer][s] = 0;
      for (const Decodability& one : several) mean += one.mean[layer][s] * share;
      for (std::size_t task = 0; task < result.by_task[layer][s].size(); ++task) {
        double& of_task = result.by_task[layer][s][task] = 0;
        for (const Decodability& one : several) of_task += one.by_task[layer][s][task] * share;
      }
    }
  return result;
}

std::vector<double> decodability_of_ones(const Prompts& prompts) {
  std::vector<double> result;
  experiment::Matrix ones = xt::zeros<double>({prompts.count(), std::size_t{1}});
  for (int block = 0; block < prompts.size.blocks; ++block) {
    result.push_back(experiment::nearest_neighbour_accuracy(ones, prompts.operators,
                                                            prompts.size.operators(), neighbours)
                         .overall);
    for (std::size_t prompt = 0; prompt < prompts.count(); ++prompt)
      ones(prompt, 0) += std::popcount(prompts.block(prompt, block).c);
  }
  return result;
}

}  // namespace task_vectors
