#include "patching.hpp"

#include "measures.hpp"

#include <weft/core/error.hpp>

#include <algorithm>

namespace task_vectors {

namespace {

std::size_t index(int value) { return static_cast<std::size_t>(value); }

// The most likely token at each position.
std::vector<int> most_likely(const std::vector<float>& logits) {
  std::vector<int> result;
  for (auto token = logits.begin(); token != logits.end();
       token += static_cast<std::ptrdiff_t>(vocabulary))
    result.push_back(static_cast<int>(
        std::max_element(token, token + static_cast<std::ptrdiff_t>(vocabulary)) - token));
  return result;
}

// Prompts of one operator, and the same with the last answers of each operator.
struct SourcePrompts {
  Prompts own;
  std::vector<Prompts> with_answer_of;  // by operator
  std::vector<char> is_same;            // (operator, prompt): whether both answers are the same
};

Prompts of_operator(const Prompts& all, int operation) {
  Prompts result{all.size, {}, {}, {}};
  const std::size_t blocks = index(all.size.blocks), length = all.size.positions();
  for (std::size_t i = 0; i < all.count(); ++i) {
    if (all.operators[i] != operation) continue;
    const auto append = [i](auto& to, const auto& from, std::size_t count) {
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(i * count);
      to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    result.operators.push_back(operation);
    append(result.blocks, all.blocks, blocks);
    append(result.tokens, all.tokens, length);
  }
  return result;
}

SourcePrompts source_prompts(const Prompts& all, int operation) {
  SourcePrompts result{of_operator(all, operation), {}, {}};
  const int last = all.size.blocks - 1;
  for (int target = 0; target < patched_operators; ++target) {
    result.with_answer_of.push_back(
        with_last_answer_of(result.own, static_cast<Operator>(target)));
    for (std::size_t i = 0; i < result.own.count(); ++i)
      result.is_same.push_back(result.with_answer_of.back().block(i, last).c ==
                               result.own.block(i, last).c);
  }
  return result;
}

// The share of last answers that an edited model gets right, of those prompts that are not to be
// left out.
double last_accuracy(const experiment::Learner& learner, const Prompts& prompts,
                     const weft::Edit<float>& edit, const char* leave_out) {
  const Hits hits = hits_of(most_likely(learner.logits(prompts.rows(), edit)), prompts);
  const std::size_t blocks = index(prompts.size.blocks);
  double right = 0, count = 0;
  for (std::size_t i = 0; i < prompts.count(); ++i) {
    if (leave_out && leave_out[i]) continue;
    right += hits[(i + 1) * blocks - 1];
    ++count;
  }
  return count > 0 ? right / count : 0;
}

// The mean over sources and targets that differ.
std::vector<double> mean_over_pairs(const PatchingMatrix::Values& values, double sign,
                                    bool less_self) {
  std::vector<double> result;
  for (const auto& layer : values) {
    double sum = 0, pairs = 0;
    for (std::size_t source = 0; source < layer.size(); ++source)
      for (std::size_t target = 0; target < layer.size(); ++target) {
        if (source == target) continue;
        sum += sign * (layer[source][target] - (less_self ? layer[source][source] : 0));
        ++pairs;
      }
    result.push_back(sum / pairs);
  }
  return result;
}

}  // namespace

TaskMeans task_means(const experiment::Learner& learner, const Prompts& prompts,
                     const std::vector<std::size_t>& positions) {
  const experiment::Activations states = learner.observe(prompts.rows(), positions);
  const std::size_t size = states.layers * states.positions * states.width;
  std::vector<double> sums(index(patched_operators) * size), counts(index(patched_operators));
  for (std::size_t i = 0; i < prompts.count(); ++i) {
    if (prompts.operators[i] == op_null) continue;
    const std::size_t operation = index(prompts.operators[i]);
    ++counts[operation];
    for (std::size_t j = 0; j < size; ++j)
      sums[operation * size + j] += static_cast<double>(states.residual[i * size + j]);
  }
  if (std::count(counts.begin(), counts.end(), 0.0) > 0)
    weft::fail("task_means", "each operator must have a prompt");
  TaskMeans means{positions, states.layers, states.width, {}};
  for (std::size_t i = 0; i < sums.size(); ++i)
    means.elements.push_back(static_cast<float>(sums[i] / counts[i / size]));
  return means;
}

weft::Edit<float> mean_shift(const TaskMeans& means, std::size_t layer, int source, int target,
                             std::size_t sequence_length) {
  const auto array_of = [&](int operation) {
    std::vector<float> array(sequence_length * means.width);  // (position, feature)
    for (std::size_t i = 0; i < means.positions.size(); ++i)
      std::copy_n(means.row(operation, layer, i), means.width,
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

bool changes_nothing(const experiment::Learner& learner, const Prompts& prompts,
                     const weft::Edit<float>& edit) {
  return learner.logits(prompts.rows(), edit) == learner.logits(prompts.rows(), {});
}

std::vector<double> PatchingMatrix::mean_loss() const { return mean_over_pairs(own, -1, true); }
std::vector<double> PatchingMatrix::mean_gain() const {
  return mean_over_pairs(targets, 1, false);
}

PatchingMatrix patch_all(const experiment::Learner& learner, const BitwiseSize& size, PatchAt at,
                         std::size_t prompts_per_task, const weft::Random& draws) {
  const std::size_t count = prompts_per_task * index(size.operators());
  std::vector<std::size_t> positions{size.equals(size.blocks - 1)};
  for (int bit = 1; at == PatchAt::answer && bit < size.bits; ++bit)
    positions.push_back(positions.back() + 1);
  const TaskMeans means = task_means(
      learner, draw_prompts(size, count, Operators::by_turns, 0, draws.fork("means")), positions);
  const Prompts all = draw_prompts(size, count, Operators::by_turns, 0, draws.fork("patched"));

  const auto tasks = index(patched_operators);
  const std::vector<std::vector<double>> empty(tasks, std::vector<double>(tasks));
  PatchingMatrix result{{means.layers, empty}, {means.layers, empty}, true};
  for (int source = 0; source < patched_operators; ++source) {
    const SourcePrompts prompts = source_prompts(all, source);
    for (std::size_t layer = 0; layer < means.layers; ++layer)
      for (int target = 0; target < patched_operators; ++target) {
        const auto edit = mean_shift(means, layer, source, target, size.positions());
        if (source == target)
          result.self_changes_nothing =
              result.self_changes_nothing && changes_nothing(learner, prompts.own, edit);
        result.own[layer][index(source)][index(target)] =
            last_accuracy(learner, prompts.own, edit, nullptr);
        result.targets[layer][index(source)][index(target)] = last_accuracy(
            learner, prompts.with_answer_of[index(target)], edit,
            source == target ? nullptr
                             : prompts.is_same.data() + index(target) * prompts.own.count());
      }
  }
  return result;
}

}  // namespace task_vectors
