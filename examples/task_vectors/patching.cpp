#include "patching.hpp"

#include "measures.hpp"

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

}  // namespace

TaskMeans task_means(const experiment::Learner& learner, const Prompts& prompts,
                     const std::vector<std::size_t>& positions) {
  return task_means(learner.observe(prompts.rows(), positions), prompts.operators,
                    patched_operators, positions);
}

bool changes_nothing(const experiment::Learner& learner, const Prompts& prompts,
                     const weft::Edit<float>& edit) {
  return learner.logits(prompts.rows(), edit) == learner.logits(prompts.rows(), {});
}

std::vector<double> PatchingMatrix::mean_loss() const {
  std::vector<double> result;
  for (const PairValues& layer : own) result.push_back(0 - mean_rise_over_pairs(layer));
  return result;
}

std::vector<double> PatchingMatrix::mean_gain() const {
  std::vector<double> result;
  for (const PairValues& layer : targets) result.push_back(mean_over_pairs(layer));
  return result;
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
  const PairValues empty(tasks, std::vector<double>(tasks));
  PatchingMatrix result{{means.layers, empty}, {means.layers, empty}, true, empty};
  for (int source = 0; source < patched_operators; ++source) {
    const SourcePrompts prompts = source_prompts(all, source);
    const auto targets_accuracy = [&](int target, const weft::Edit<float>& edit) {
      const char* is_same = prompts.is_same.data() + index(target) * prompts.own.count();
      return last_accuracy(learner, prompts.with_answer_of[index(target)], edit,
                           source == target ? nullptr : is_same);
    };
    for (int target = 0; target < patched_operators; ++target)
      result.unpatched[index(source)][index(target)] = targets_accuracy(target, {});
    for (std::size_t layer = 0; layer < means.layers; ++layer)
      for (int target = 0; target < patched_operators; ++target) {
        const auto edit = mean_shift(means, layer, source, target, size.positions());
        if (source == target)
          result.self_changes_nothing =
              result.self_changes_nothing && changes_nothing(learner, prompts.own, edit);
        result.own[layer][index(source)][index(target)] =
            last_accuracy(learner, prompts.own, edit, nullptr);
        result.targets[layer][index(source)][index(target)] = targets_accuracy(target, edit);
      }
  }
  return result;
}

}  // namespace task_vectors
