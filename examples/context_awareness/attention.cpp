#include "attention.hpp"

#include <algorithm>
#include <numeric>

namespace context_awareness {

namespace {

// What one position of each prompt attends to.
class Attention {
 public:
  Attention(const experiment::Learner& learner, const Prompts& prompts,
            const std::vector<std::size_t>& queries)
      : heads_(learner.config.heads),
        layers_(learner.config.layers),
        positions_(prompts.positions),
        weights_(learner.attention(prompts.rows(), queries)) {}

  // What goes to the keys [begin, end).
  double sum(std::size_t row, std::size_t layer, std::size_t head, std::size_t begin,
             std::size_t end) const {
    const float* keys = weights_.data() + ((row * layers_ + layer) * heads_ + head) * positions_;
    return std::accumulate(keys + begin, keys + end, 0.0);
  }

 private:
  std::size_t heads_, layers_, positions_;
  std::vector<float> weights_;  // (row, layer, head, key)
};

}  // namespace

Allocations allocations_of(const experiment::Learner& learner, const Prompts& prompts) {
  std::vector<std::size_t> last;
  for (const Layout& layout : prompts.layouts) last.push_back(layout.length - 1);
  const Attention attention(learner, prompts, last);
  const double share = 1 / static_cast<double>(prompts.layouts.size());
  Allocations result(learner.config.layers, std::vector<Allocation>(learner.config.heads));
  for (std::size_t layer = 0; layer < result.size(); ++layer)
    for (std::size_t head = 0; head < result[layer].size(); ++head)
      for (std::size_t row = 0; row < prompts.layouts.size(); ++row) {
        const Layout& at = prompts.layouts[row];
        const auto sum = [&](std::size_t begin, std::size_t end) {
          return attention.sum(row, layer, head, begin, end);
        };
        const double begin = sum(at.begin, at.begin + 1);
        const double context = sum(at.context, at.context_end);
        const double question = sum(at.context_end, at.user_end);
        Allocation& mean = result[layer][head];
        mean.begin += share * begin;
        mean.context += share * context;
        mean.question += share * question;
        mean.roles += share * (sum(at.begin + 1, at.context) + sum(at.user_end, at.length));
        mean.user_of_text += share * (context + question) / (begin + context + question);
      }
  return result;
}

double context_share(const std::vector<Allocation>& layer) {
  double sum = 0;
  for (const Allocation& head : layer) sum += head.context;
  return sum / static_cast<double>(layer.size());
}

std::size_t retrieval_head(const std::vector<Allocation>& layer) {
  const auto greatest =
      std::max_element(layer.begin(), layer.end(), [](const Allocation& a, const Allocation& b) {
        return a.user() < b.user();
      });
  return static_cast<std::size_t>(greatest - layer.begin());
}

DependencyScores dependency_scores(const experiment::Learner& learner,
                                   const std::vector<Question>& questions, const Task& task) {
  constexpr std::size_t most = 1024;  // questions at a time, since patterns take memory
  const std::size_t last_layer = learner.config.layers - 1;
  DependencyScores scores;
  for (auto begin = questions.begin(); begin != questions.end();) {
    const auto end = begin + std::min<std::ptrdiff_t>(most, questions.end() - begin);
    const Prompts prompts = prompts_of({begin, end}, {.roles = true}, task.size());
    std::vector<std::size_t> first_values;
    for (const Layout& layout : prompts.layouts) first_values.push_back(layout.length);
    const Attention attention(learner, prompts, first_values);
    for (std::size_t row = 0; row < prompts.layouts.size(); ++row) {
      const Layout& at = prompts.layouts[row];
      double& context = scores.context.emplace_back(0);
      double& user = scores.user.emplace_back(0);
      for (std::size_t head = 0; head < learner.config.heads; ++head) {
        const auto sum_to = [&](std::size_t end_key) {
          return attention.sum(row, last_layer, head, at.context, end_key);
        };
        context = std::max(context, sum_to(at.context_end));
        user = std::max(user, sum_to(at.user_end));
      }
    }
    begin = end;
  }
  return scores;
}

}  // namespace context_awareness
