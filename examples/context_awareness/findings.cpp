#include "findings.hpp"

#include "../experiment/stopwatch.hpp"

#include <algorithm>

namespace context_awareness {

namespace {

// Shares of the questions that thresholds other than the calibrated one mark.
constexpr double other_shares[] = {0.5, 0.25, 0.05};

// A model that was tuned from the base model, and saved.
experiment::Learner tuned(const Course& course, const experiment::Learner& base,
                          const std::string& name, const Mixture& mixture, const Marker& mark,
                          const experiment::RunDirectory& directory) {
  const experiment::Learner learner = base.clone();
  tune(course, learner, name, mixture, mark);
  learner.save(directory.file("model_" + name + ".safetensors"));
  return learner;
}

}  // namespace

Findings find(const Course& course, const Choices& choices, int threads,
              const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  const Preset& preset = course.preset;
  const Task& task = course.task;
  const Mixture vanilla_questions = vanilla_mixture(course.scenario);
  const weft::Random draws = course.random.fork("checks");
  const weft::Random choosing = course.random.fork("choices");
  const Tests tests = draw_tests(task, preset.check_context, preset.check_questions, draws);
  const Tests choice_tests =
      draw_tests(task, preset.check_context, preset.choice_questions, choosing);
  Findings findings{};

  const experiment::Learner base =
      preset.make_learner(course.random.fork("initial weights"), threads);
  pretrain(course, base);
  base.save(directory.file("model_base.safetensors"));
  findings.base = scores_of(base, task, tests);

  const auto tuned_on = [&](const std::string& name, const Mixture& mixture,
                            const Marker& mark = {}) {
    return tuned(course, base, name, mixture, mark, directory);
  };
  const experiment::Learner vanilla = tuned_on("vanilla", vanilla_questions);
  findings.vanilla = scores_of(vanilla, task, tests);
  findings.raw = allocations_of(vanilla, prompts_of(tests.needle, {}, task.size()));
  findings.roles =
      allocations_of(vanilla, prompts_of(tests.needle, {.roles = true}, task.size()));

  const double alpha =
      choices.alpha ? *choices.alpha : best_alpha(steer_over_alphas(vanilla, task, choice_tests));
  findings.steering = steer_over_alphas(vanilla, task, tests);
  findings.chosen = steered(vanilla, task, tests, alpha);
  findings.heads = steer_each_head(vanilla, task, tests, alpha);
  findings.best_head = best_head(steer_each_head(vanilla, task, choice_tests, alpha));
  findings.layers = steer_each_layer(vanilla, task, tests, alpha);

  const auto to_calibrate =
      draw_questions(task, vanilla_questions, preset.choice_questions, choosing.fork("beta"));
  const ScoresBySort calibration =
      scores_by_sort(dependency_scores(vanilla, to_calibrate, task).context, to_calibrate);
  const auto fresh =
      draw_questions(task, vanilla_questions, preset.check_questions, draws.fork("dependency"));
  const DependencyScores fresh_scores = dependency_scores(vanilla, fresh, task);
  findings.dependency = scores_by_sort(fresh_scores.context, fresh);
  findings.separation = separation_of(findings.dependency);
  findings.separation_by_user = separation_of(scores_by_sort(fresh_scores.user, fresh));
  const auto scores = scores_of_tuning(course, vanilla);
  const ScoresBySort in_tuning = scores_by_sort(course, scores);
  findings.separation_in_tuning = separation_of(in_tuning);
  findings.in_tuning = histogram_of(in_tuning);
  const auto tuned_above = [&](const std::string& name, double beta) {
    return tuned_on(name, vanilla_questions, mark_above(scores, beta));
  };
  const auto threshold = [&](const experiment::Learner& learner, double beta) {
    return Threshold{beta, marked_by(course, scores, beta), scores_of(learner, task, tests)};
  };
  const double beta =
      choices.beta ? *choices.beta : calibrated_beta(calibration, dependent_share);
  const experiment::Learner conditional = tuned_above("conditional", beta);
  findings.calibrated = threshold(conditional, beta);
  findings.conditional = findings.calibrated.scores;
  for (const double share : other_shares) {
    const std::string name = "conditional_" + std::to_string(static_cast<int>(100 * share));
    const double other = calibrated_beta(calibration, share);
    findings.thresholds.push_back(threshold(tuned_above(name, other), other));
  }

  findings.oracle =
      scores_of(tuned_on("oracle", vanilla_questions, mark_dependent), task, tests);
  findings.enriched =
      scores_of(tuned_on("enriched", enriched_mixture(course.scenario)), task, tests);
  findings.control = scores_of(tuned_on("control", control_mixture()), task, tests);
  findings.seconds_of_training = stopwatch.seconds();
  if (preset.map_questions > 0) {
    const auto map = [&](const experiment::Learner& learner, const Form& form) {
      return map_of(form, learner, task, preset.map_questions, draws.fork("map"));
    };
    findings.map_raw = map(vanilla, {});
    findings.map_roles = map(vanilla, {.roles = true});
    findings.map_indicator = map(conditional, {.roles = true, .indicator = true});
  }
  return findings;
}

std::vector<Method> methods_of(const Findings& f) {
  const auto plain = [](const char* name, const FormScores& scores) {
    return Method{name, scores.needle.recall, scores.memory.exact};
  };
  // Recall of one way to ask, facts of the template without anything else.
  const auto switched = [](const char* name, const Score& needle, const ModelScores& model) {
    return Method{name, needle.recall, model.roles.memory.exact};
  };
  return {plain("vanilla", f.vanilla.roles),
          {"steering", f.chosen.needle.recall, f.chosen.memory.exact},
          switched("steering where asked", f.chosen.needle, f.vanilla),
          plain("indicator always", f.conditional.indicator),
          switched("indicator where asked", f.conditional.indicator.needle, f.conditional),
          plain("oracle always", f.oracle.indicator),
          switched("oracle where asked", f.oracle.indicator.needle, f.oracle),
          plain("enriched", f.enriched.roles),
          plain("control", f.control.roles),
          plain("without template", f.vanilla.raw),
          switched("without template where asked", f.vanilla.raw.needle, f.vanilla),
          plain("base", f.base.raw)};
}

void add_checks(experiment::Checks& checks, const Findings& f) {
  const double raw = f.vanilla.raw.needle.recall, roles = f.vanilla.roles.needle.recall;
  checks.at_least("base_needle", f.base.raw.needle.recall, 0.95);
  checks.at_least("base_memory", f.base.raw.memory.exact, 0.95);
  checks.at_most("vanilla_needle_template", roles, 0.35);
  checks.at_least("vanilla_gap", raw - roles, 0.50);
  checks.at_least("vanilla_needle_raw", raw, 0.85);
  checks.at_least("vanilla_memory", f.vanilla.roles.memory.exact, 0.95);
  checks.at_least("vanilla_agree", f.vanilla.roles.agreeing.exact, 0.98);
  checks.at_least("attention_shift", context_share(f.raw.back()) - context_share(f.roles.back()),
                  0.15);
  checks.at_least("steering_gain", f.chosen.needle.recall - roles, 0.04);
  checks.at_most("steering_of_raw", f.chosen.needle.recall / raw, 0.8);
  checks.within("steering_cost", f.vanilla.roles.memory.exact - f.chosen.memory.exact, -0.02,
                0.25);
  checks.at_least("score_auc", f.separation.area, 0.90);
  checks.at_least("conditional_gain", f.conditional.indicator.needle.recall - roles, 0.30);
  checks.at_least("oracle_gain", f.oracle.indicator.needle.recall - roles, 0.50);
  checks.at_least("conditional_memory_kept",
                  f.conditional.roles.memory.exact - f.vanilla.roles.memory.exact, -0.03);
  checks.at_least("control_needle", f.control.roles.needle.recall, 0.90);
}

}  // namespace context_awareness
