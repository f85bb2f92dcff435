#include "in_weights.hpp"

#include "trainings.hpp"

#include "../experiment/stopwatch.hpp"

namespace context_vs_weights {

namespace {

// Twice BW, so that each label is asked for as often.
const std::vector<Item> exposed_queries{item_AW, item_AX, item_BW, item_BW, item_CY, item_CZ};
const std::vector<Item> conflicting_queries{item_AX, item_AX, item_BW, item_BW, item_CY, item_CZ};

struct Task {
  Features features;
  const std::vector<Item>* queries;
  weft::Random random;  // a set and its twin share first values and draws
  std::string name;
};

std::vector<Task> tasks_of(const Run& run) {
  std::vector<Task> exposed, conflicting;
  for (std::size_t set = 0; set < run.preset.sets; ++set) {
    const weft::Random random = run.random.fork("in weights", set);
    weft::Random draws = random.fork("features");
    const Features features = Features::draw(draws);
    exposed.push_back({features, &exposed_queries, random, "in weights"});
    for (const Features& one : {features, features.twin()})
      conflicting.push_back({one, &conflicting_queries, random, "in weights: conflict"});
  }
  exposed.insert(exposed.end(), conflicting.begin(), conflicting.end());
  return exposed;
}

SetFindings learn(const Run& run, Trainings& trainings, std::size_t index, const Task& task) {
  const Preset& preset = run.preset;
  const Learner learner = preset.make_learner(task.random.fork("weights"), trainings.lanes());
  const auto sequences = [&](const std::vector<Item>& queries, std::size_t count,
                             const weft::Random& random) {
    return draw_uninformative(preset.size, task.features, queries, count, random);
  };
  const auto seen = [&](const char* key) {
    return sequences(*task.queries, preset.set_trials, task.random.fork(key));
  };
  const Sequences monitor = seen("monitor"), check = seen("check");
  const auto state = trainings.train(
      index, learner,
      {.name = task.name,
       .length = preset.in_weights,
       .draws = task.random.fork("train"),
       .draw = [&](const weft::Random& random) {
         return sequences(*task.queries, preset.batch, random);
       },
       .measure = [&] {
         const double accuracy = accuracy_of(most_likely(learner.answer(monitor)), monitor);
         return std::vector<weft::Metric>{{"accuracy", accuracy}};
       }});
  const Sequences test = sequences({item_BX}, preset.set_trials, task.random.fork("test"));
  const Sequences blended = with_blended_queries(test, set_map_contexts, map_side);
  return {accuracy_of(most_likely(learner.answer(check)), check), state.loss,
          shares_of(learner.answer(test), test),
          map_of(learner.answer(blended), blended, map_side * map_side)};
}

nlohmann::ordered_json json_of(const std::vector<SetFindings>& sets) {
  auto list = nlohmann::ordered_json::array();
  for (const SetFindings& set : sets)
    list.push_back({{"accuracy", set.accuracy}, {"loss", set.loss}, {"BX", json_of(set.shares)}});
  return list;
}

}  // namespace

std::vector<double> InWeightsFindings::rules(const std::vector<SetFindings>& sets) const {
  std::vector<double> result;
  for (const SetFindings& set : sets) result.push_back(set.shares.rule);
  return result;
}

double InWeightsFindings::mean_accuracy() const {
  std::vector<double> accuracies;
  for (const auto* sets : {&exposed, &conflicting})
    for (const SetFindings& set : *sets) accuracies.push_back(set.accuracy);
  return mean_of(accuracies);
}

InWeightsFindings run_in_weights(const Run& run) {
  const experiment::Stopwatch stopwatch;
  const std::vector<Task> tasks = tasks_of(run);
  std::vector<SetFindings> found(tasks.size());
  Trainings trainings(run, "in weights, " + std::to_string(tasks.size()) + " models", tasks.size(),
                      tasks.size() * run.preset.in_weights.steps, true);
  trainings.for_each([&](std::size_t index) {
    found[index] = learn(run, trainings, index, tasks[index]);
  });
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(run.preset.sets);
  return {{found.begin(), middle}, {middle, found.end()}, stopwatch.seconds()};
}

nlohmann::ordered_json to_json(const InWeightsFindings& findings) {
  return {{"seconds", findings.seconds},
          {"exposed", json_of(findings.exposed)},
          {"conflicting_sets_and_twins", json_of(findings.conflicting)}};
}

}  // namespace context_vs_weights
