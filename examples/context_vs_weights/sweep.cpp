#include "sweep.hpp"

#include "configuration.hpp"
#include "heads.hpp"
#include "in_context.hpp"

#include "../experiment/stopwatch.hpp"

#include <weft/core/parallel.hpp>

#include <cstdio>

namespace context_vs_weights {

namespace {

using Json = nlohmann::ordered_json;

// Models of one curriculum at one value of what is varied.
struct Point {
  double value;
  std::string curriculum;
  std::vector<ContextModel> models;

  std::vector<double> rules(Shares ByContext::*context) const {
    std::vector<double> result;
    for (const ContextModel& model : models) result.push_back((model.answers.*context).rule);
    return result;
  }
};

// Few-shot and rule training with this preset, in place of another one.
std::vector<Point> points_of(const Run& run, const Preset& preset, double value,
                             const std::string& title) {
  const Run changed{preset, run.random.fork(title), run.threads, run.log};
  const ContextTests tests(preset.size, preset.trials, changed.random.fork("context tests"));
  auto found = train_on_contexts(changed, title, {few_shot_training(preset), rule_training(preset)},
                                 tests);
  return {{value, "few-shot", std::move(found[0])}, {value, "rule", std::move(found[1])}};
}

// "0.25", "8"
std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

template <class Values, class Change>
std::vector<Point> vary(const Run& run, const char* name, const Values& values, Change change) {
  std::vector<Point> points;
  for (const auto& value : values) {
    Preset preset = run.preset;
    const double number = change(preset, value);
    for (Point& point : points_of(run, preset, number, name + (' ' + text_of(number))))
      points.push_back(std::move(point));
  }
  return points;
}

std::vector<Point> vary_share(const Run& run) {
  const Preset& preset = run.preset;
  const ContextTests tests(preset.size, preset.trials, run.random.fork("context tests"));
  std::vector<Curriculum> curricula;
  const std::vector<double> shares{0, 0.1, 0.25, 0.5, 1};
  for (const double share : shares) {
    Curriculum curriculum = rule_training(preset);
    curriculum.name = "share " + text_of(share);
    curriculum.rule_share = share;
    curricula.push_back(curriculum);
  }
  auto found = train_on_contexts(run, "share", curricula, tests);
  std::vector<Point> points;
  for (std::size_t i = 0; i < shares.size(); ++i)
    points.push_back({shares[i], "mixed", std::move(found[i])});
  return points;
}

std::vector<Point> points_of_sweep(const Run& run, const std::string& name) {
  if (name == "share") return vary_share(run);
  if (name == "depth")
    return vary(run, "depth", depth_variants(), [](Preset& preset, const Variant& variant) {
      preset.make_learner = variant.make_learner;
      return static_cast<double>(variant.value);
    });
  if (name == "noise")
    return vary(run, "noise", std::vector<double>{0, 0.1, 0.3, 0.6, 1},
                [](Preset& preset, double noise) { return preset.size.noise = noise; });
  if (name == "exemplars")
    return vary(run, "exemplars", exemplar_variants(), [](Preset& preset, const Variant& variant) {
      preset.size.exemplars = variant.value;
      preset.make_learner = variant.make_learner;
      return static_cast<double>(variant.value);
    });
  return points_of(run, run.preset, 0, name);
}

Json json_of(const Point& point) {
  const auto interval = [](const std::vector<double>& values) {
    const experiment::Interval found = student_interval(values);
    return Json{{"values", values},
                {"mean", found.estimate},
                {"low", found.low},
                {"high", found.high}};
  };
  std::vector<double> few_shot, other;
  for (const ContextModel& model : point.models) {
    few_shot.push_back(model.few_shot_accuracy);
    other.push_back(model.answers.exemplar_balanced.other);
  }
  return {{"value", point.value},
          {"training", point.curriculum},
          {"rule_exemplar_balanced", interval(point.rules(&ByContext::exemplar_balanced))},
          {"rule_label_balanced", interval(point.rules(&ByContext::label_balanced))},
          {"rule_conflicting", interval(point.rules(&ByContext::conflicting))},
          {"other_label", interval(other)},
          {"few_shot_accuracy", interval(few_shot)}};
}

void show_point(experiment::Checks& checks, const std::string& sweep, const Point& point) {
  const std::string name = sweep + '_' + text_of(point.value) + '_' + point.curriculum;
  checks.show(name + "_rule", mean_answers(point.models).exemplar_balanced.rule);
  checks.show(name + "_accuracy", few_shot_accuracy(point.models));
}

// The heads of every model, with what they do on average in the closing table.
Json examine_all_heads(experiment::Checks& checks, const Run& run,
                       const std::vector<Point>& points) {
  const Preset& preset = run.preset;
  const ContextTests test(preset.size, preset.trials, run.random.fork("head tests"));
  const ContextTests choice(preset.size, preset.trials, run.random.fork("head choice"));
  Json all = Json::object();
  for (const Point& point : points) {
    std::vector<double> rule, changes;
    Json models = Json::array();
    for (const ContextModel& model : point.models) {
      const HeadFindings findings = examine_heads(model.learner, test.exemplar_balanced,
                                                  choice.exemplar_balanced, test.few_shot);
      rule.push_back(findings.rule);
      changes.push_back(findings.change());
      models.push_back(to_json(findings));
    }
    checks.show("heads_" + point.curriculum + "_rule", mean_of(rule));
    checks.show("heads_" + point.curriculum + "_change", mean_of(changes));
    all[point.curriculum] = models;
  }
  return all;
}

}  // namespace

const std::vector<std::string>& sweep_names() {
  static const std::vector<std::string> names{"share", "depth", "noise", "exemplars", "heads"};
  return names;
}

experiment::Checks run_sweep(const std::string& name, const Preset& preset, std::uint64_t seed,
                             int threads, const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  Json config = configuration_of(preset, seed, threads);
  config["sweep"] = name;
  directory.write_configuration(config);
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const Run setting{preset, weft::Random(seed), threads, &log, directory.checkpoints()};
  const std::vector<Point> points = points_of_sweep(setting, name);

  experiment::Checks checks;
  Json summary{{"example", "context_vs_weights"},
               {"preset", preset.name},
               {"sweep", name},
               {"seed", seed},
               {"threads", threads},
               {"instruction_set", weft::instruction_set},
               {"points", Json::array()}};
  for (const Point& point : points) {
    summary["points"].push_back(json_of(point));
    if (name != "heads") show_point(checks, name, point);
  }
  if (name == "heads") summary["heads"] = examine_all_heads(checks, setting, points);
  summary["seconds"] = stopwatch.seconds();
  summary["checks"] = experiment::to_json(checks);
  directory.write_json("summary.json", summary);
  return checks;
}

}  // namespace context_vs_weights
