#include "configuration.hpp"

#include "../experiment/configuration.hpp"
#include "../experiment/environment.hpp"

namespace contextual_recall {

nlohmann::ordered_json to_json(const WorldSize& world) {
  return {{"subjects", world.subjects},
          {"types", world.types},
          {"values", world.values},
          {"typed_grammar", world.typed_grammar},
          {"neutral_grammar", world.neutral_grammar},
          {"tuples", world.tuples},
          {"neutral_rate", world.neutral_rate},
          {"vocabulary", world.vocabulary()}};
}

namespace {

nlohmann::ordered_json phase(double learning_rate, PhaseLength length, const char* goal,
                             double least, bool completes_schedule) {
  return {{"peak_learning_rate", learning_rate},
          {"schedule_steps", length.schedule},
          {"step_limit", length.limit},
          {"goal", goal},
          {"goal_at_least", least},
          {"completes_schedule", completes_schedule}};
}

// What all phases share, and how often and on what terms some of them are judged.
nlohmann::ordered_json training_of(const Course& course, const Learner& learner) {
  nlohmann::ordered_json training =
      experiment::optimizer_of(learner.lanes, optimizer_with(pretraining_rate));
  training["batch"] = course.preset.batch;
  training["warmup_steps"] = warmup_steps;
  training["final_learning_rate_factor"] = final_rate;
  training["evaluate_every"] = evaluate_every;
  training["good_in_a_row"] = good_in_a_row;
  training["first_attention_factor"] = first_attention_factor;
  training["observe_every"] = observe_every;
  return training;
}

}  // namespace

nlohmann::ordered_json configuration(const Course& course, const Learner& learner,
                                     std::uint64_t seed, int threads) {
  const Preset& preset = course.preset;
  const Recipe& recipe = course.recipe;
  return {{"example", "contextual_recall"},
          {"preset", preset.name},
          {"recipe", recipe.name},
          {"seed", seed},
          {"world", to_json(preset.world)},
          {"model", experiment::model_of(learner.config, learner.parameters)},
          {"training", training_of(course, learner)},
          {"pretraining",
           phase(pretraining_rate, course.pretraining(), "fact_of_all", fact_goal, true)},
          {"finetuning", phase(recipe.finetuning_rate, preset.finetuning, "cue", cue_goal, false)},
          {"task", name_of(recipe.task)},
          {"finetuned_share", recipe.finetuned_share},
          {"replay", recipe.replay},
          {"monitor_rows", preset.monitor_rows},
          {"watched_rows", preset.watched_rows},
          {"moment_rows", moment_rows},
          {"check_rows", preset.check_rows},
          {"environment", experiment::environment(threads)}};
}

}  // namespace contextual_recall
