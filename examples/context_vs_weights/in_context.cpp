#include "in_context.hpp"

#include "exemplars.hpp"
#include "trainings.hpp"

#include "../experiment/stopwatch.hpp"

#include <algorithm>
#include <numeric>

namespace context_vs_weights {

namespace {

// A model in training: its curriculum, and which one of it.
struct Place {
  std::size_t curriculum, model;
};

// Long trainings first, so that no thread is left with one at the end.
std::vector<Place> places_of(const std::vector<Curriculum>& curricula, std::size_t models) {
  std::vector<std::size_t> order(curricula.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const std::size_t steps = curricula[a].length.steps, others = curricula[b].length.steps;
    return steps != others ? steps > others : a < b;
  });
  std::vector<Place> places;
  for (const std::size_t curriculum : order)
    for (std::size_t model = 0; model < models; ++model) places.push_back({curriculum, model});
  return places;
}

ContextModel examine(Learner learner, double loss, const ContextTests& tests) {
  const auto accuracy = [&](const Sequences& sequences) {
    return accuracy_of(most_likely(learner.answer(sequences)), sequences);
  };
  const Probabilities label_balanced = learner.answer(tests.label_balanced);
  ContextModel model{.learner = learner,
                     .loss = loss,
                     .few_shot_accuracy = accuracy(tests.few_shot),
                     .seen_accuracy = accuracy(tests.seen),
                     .answers = {shares_of(label_balanced, tests.label_balanced),
                                 shares_of(learner.answer(tests.exemplar_balanced),
                                           tests.exemplar_balanced),
                                 shares_of(learner.answer(tests.conflicting), tests.conflicting)},
                     .sensitivity = fit_sensitivity(tests.label_balanced, label_balanced),
                     .context_model = {},
                     .map = map_of(learner.answer(tests.blended), tests.blended,
                                   map_side * map_side)};
  const auto modelled = [&](const Sequences& sequences) {
    return shares_of(context_model(sequences, model.sensitivity), sequences);
  };
  model.context_model = {modelled(tests.label_balanced), modelled(tests.exemplar_balanced),
                         modelled(tests.conflicting)};
  return model;
}

nlohmann::ordered_json json_of(const ByContext& answers) {
  return {{"label_balanced", json_of(answers.label_balanced)},
          {"exemplar_balanced", json_of(answers.exemplar_balanced)},
          {"conflicting", json_of(answers.conflicting)}};
}

nlohmann::ordered_json json_of(const std::vector<ContextModel>& models) {
  auto list = nlohmann::ordered_json::array();
  for (const ContextModel& model : models)
    list.push_back({{"loss", model.loss},
                    {"few_shot_accuracy", model.few_shot_accuracy},
                    {"seen_accuracy", model.seen_accuracy},
                    {"BX", json_of(model.answers)},
                    {"sensitivity", model.sensitivity},
                    {"context_model", json_of(model.context_model)}});
  return list;
}

}  // namespace

Curriculum few_shot_training(const Preset& preset) {
  return {"few-shot", 0, {item_BX}, preset.few_shot};
}

Curriculum rule_training(const Preset& preset) {
  return {"rule", 1, {item_AW, item_AX, item_BW, item_BX, item_BX, item_CY}, preset.rule};
}

Curriculum control_training(const Preset& preset) {
  return {"control", 1, {item_AW, item_AX, item_BW, item_BW, item_CY, item_CY}, preset.control};
}

Sequences draw_training(const Curriculum& curriculum, const SequenceSize& size, std::size_t count,
                        const weft::Random& random) {
  weft::Random choices = random.fork("choices");
  std::size_t exposures = 0;
  for (std::size_t i = 0; i < count; ++i)
    exposures += choices.uniform_double() < curriculum.rule_share;
  Sequences result = draw_exposures(size, {label_balanced(size.exemplars), curriculum.queries},
                                    exposures, random.fork("exposures"));
  append(result, draw_few_shot(size, count - exposures, random.fork("few-shot")));
  return result;
}

ContextTests::ContextTests(const SequenceSize& size, std::size_t trials,
                           const weft::Random& random) {
  const auto exposures = [&](const char* key, std::vector<Item> context,
                             std::vector<Item> queries) {
    return draw_exposures(size, {std::move(context), std::move(queries)}, trials,
                          random.fork(key));
  };
  const std::size_t n = size.exemplars;
  few_shot = draw_few_shot(size, trials, random.fork("few-shot"));
  seen = exposures("seen", context_vs_weights::label_balanced(n), {item_AX, item_AW, item_BW});
  label_balanced =
      exposures("label-balanced", context_vs_weights::label_balanced(n), {item_BX});
  exemplar_balanced =
      exposures("exemplar-balanced", context_vs_weights::exemplar_balanced(n), {item_BX});
  conflicting = exposures("conflicting", context_vs_weights::conflicting(n), {item_BX});
  blended = with_blended_queries(exemplar_balanced, map_contexts, map_side);
}

ByContext mean_of(const std::vector<ByContext>& several) {
  std::vector<Shares> label_balanced, exemplar_balanced, conflicting;
  for (const ByContext& one : several) {
    label_balanced.push_back(one.label_balanced);
    exemplar_balanced.push_back(one.exemplar_balanced);
    conflicting.push_back(one.conflicting);
  }
  return {mean_of(label_balanced), mean_of(exemplar_balanced), mean_of(conflicting)};
}

double few_shot_accuracy(const std::vector<ContextModel>& models) {
  std::vector<double> accuracies;
  for (const ContextModel& model : models) accuracies.push_back(model.few_shot_accuracy);
  return mean_of(accuracies);
}

ByContext mean_answers(const std::vector<ContextModel>& models) {
  std::vector<ByContext> answers;
  for (const ContextModel& model : models) answers.push_back(model.answers);
  return mean_of(answers);
}

std::vector<std::vector<ContextModel>> train_on_contexts(const Run& run, const std::string& title,
                                                         const std::vector<Curriculum>& curricula,
                                                         const ContextTests& tests) {
  const Preset& preset = run.preset;
  const std::vector<Place> places = places_of(curricula, preset.models);
  std::size_t steps = 0;
  for (const Place& place : places) steps += curricula[place.curriculum].length.steps;
  // What the log shows is of sequences apart from those of the tests.
  const ContextTests monitor(preset.size, preset.set_trials, run.random.fork("context monitor"));
  std::vector<std::vector<ContextModel>> found(curricula.size(),
                                               std::vector<ContextModel>(preset.models));
  Trainings trainings(run, title + ", " + std::to_string(places.size()) + " models", places.size(),
                      steps, preset.side_by_side);
  trainings.for_each([&](std::size_t index) {
    const Place& place = places[index];
    const Curriculum& curriculum = curricula[place.curriculum];
    const weft::Random random = run.random.fork("contexts", curriculum.name, place.model);
    const Learner learner = preset.make_learner(random.fork("weights"), trainings.lanes());
    const auto answers = [&](const Sequences& sequences) {
      return most_likely(learner.answer(sequences));
    };
    const auto state = trainings.train(
        index, learner,
        {.name = "in context: " + curriculum.name,
         .length = curriculum.length,
         .draws = random.fork("train"),
         .draw = [&](const weft::Random& draws) {
           return draw_training(curriculum, preset.size, preset.batch, draws);
         },
         .measure = [&] {
           return std::vector<weft::Metric>{
               {"few_shot_accuracy", accuracy_of(answers(monitor.few_shot), monitor.few_shot)},
               {"rule_label_balanced", accuracy_of(answers(monitor.label_balanced),
                                                   monitor.label_balanced)},
               {"rule_exemplar_balanced", accuracy_of(answers(monitor.exemplar_balanced),
                                                      monitor.exemplar_balanced)}};
         }});
    found[place.curriculum][place.model] = examine(learner, state.loss, tests);
  });
  return found;
}

ContextFindings run_in_context(const Run& run, const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  const Preset& preset = run.preset;
  const ContextTests tests(preset.size, preset.trials, run.random.fork("context tests"));
  const std::vector<Curriculum> curricula{few_shot_training(preset), rule_training(preset),
                                          control_training(preset)};
  auto found = train_on_contexts(run, "in context", curricula, tests);
  for (std::size_t i = 0; i < curricula.size(); ++i)
    for (std::size_t model = 0; model < preset.models; ++model)
      found[i][model].learner.save(directory.file("model_" + curricula[i].name + "_" +
                                                  std::to_string(model) + ".safetensors"));
  const auto nearest = [](const Sequences& sequences) {
    return shares_of(nearest_labels(sequences), sequences);
  };
  return {.few_shot = found[0],
          .rule = found[1],
          .control = found[2],
          .nearest = {nearest(tests.label_balanced), nearest(tests.exemplar_balanced),
                      nearest(tests.conflicting)},
          .seconds = stopwatch.seconds()};
}

nlohmann::ordered_json to_json(const ContextFindings& findings) {
  return {{"seconds", findings.seconds},
          {"few_shot", json_of(findings.few_shot)},
          {"rule", json_of(findings.rule)},
          {"control", json_of(findings.control)},
          {"nearest_exemplar", json_of(findings.nearest)}};
}

}  // namespace context_vs_weights
