#include "steering.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace context_awareness {

weft::Edit<float> steering(const Prompts& prompts, double alpha,
                           const weft::SteeredHeads& where) {
  if (!(alpha > 0))
    weft::fail("steering", "alpha must be positive", std::to_string(alpha));
  const Layout& layout = prompts.layout();
  std::vector<float> bias(prompts.positions);
  for (std::size_t key = 0; key < layout.length; ++key)
    if (key < layout.context || key >= layout.user_end)
      bias[key] = static_cast<float>(std::log(alpha));
  return weft::score_bias(weft::AnyView<const float>(bias.data(), {1, bias.size()}), where);
}

Steered steered(const experiment::Learner& learner, const Task& task, const Tests& tests,
                double alpha, const weft::SteeredHeads& where) {
  const auto score = [&](const std::vector<Question>& questions) {
    const Prompts prompts = prompts_of(questions, {.roles = true}, task.size());
    return score_of(answers_of(learner, prompts, steering(prompts, alpha, where)), questions);
  };
  return {alpha, score(tests.needle), score(tests.memory)};
}

std::vector<Steered> steer_over_alphas(const experiment::Learner& learner, const Task& task,
                                       const Tests& tests) {
  std::vector<Steered> result;
  for (const double alpha : alphas) result.push_back(steered(learner, task, tests, alpha));
  return result;
}

double best_alpha(const std::vector<Steered>& over_alphas) {
  double best = greatest_choice, greatest = -1;
  for (const Steered& one : over_alphas) {
    if (one.alpha > greatest_choice || one.alpha < least_choice || one.sum() <= greatest) continue;
    best = one.alpha;
    greatest = one.sum();
  }
  return best;
}

std::vector<SteeredHead> steer_each_head(const experiment::Learner& learner, const Task& task,
                                         const Tests& tests, double alpha) {
  std::vector<SteeredHead> result;
  for (std::size_t layer = 0; layer < learner.config.layers; ++layer)
    for (std::size_t head = 0; head < learner.config.heads; ++head)
      result.push_back({layer, head,
                        steered(learner, task, tests, alpha,
                                {.layers = {layer}, .heads = {head}})});
  return result;
}

std::size_t best_head(const std::vector<SteeredHead>& heads) {
  if (heads.empty()) weft::fail("best_head", "there must be a head");
  const auto best =
      std::max_element(heads.begin(), heads.end(), [](const SteeredHead& a, const SteeredHead& b) {
        return a.result.sum() < b.result.sum();
      });
  return static_cast<std::size_t>(best - heads.begin());
}

std::vector<Steered> steer_each_layer(const experiment::Learner& learner, const Task& task,
                                      const Tests& tests, double alpha) {
  std::vector<Steered> result;
  for (std::size_t layer = 0; layer < learner.config.layers; ++layer)
    result.push_back(steered(learner, task, tests, alpha, {.layers = {layer}}));
  return result;
}

}  // namespace context_awareness
