#include "sweeps.hpp"

#include "models.hpp"

#include "../configuration.hpp"
#include "../heads.hpp"
#include "../in_context.hpp"

#include <cstdio>
#include <sstream>

namespace context_vs_weights {

namespace {

using experiment::Sweep;
using experiment::SweepPoint;
using Json = nlohmann::ordered_json;

// What a point may change.
struct Setting {
  Preset preset;
  std::vector<Curriculum> curricula;
  bool looks_at_heads = false;
};

// Few-shot training and training with the rule, a model each.
Setting setting_of(Preset preset) {
  preset.models = 1;
  return {preset, {few_shot_training(preset), rule_training(preset)}};
}

void add_measures(Json& measures, const std::string& training, const ContextModel& model) {
  measures[training + "_rule"] = model.answers.exemplar_balanced.rule;
  measures[training + "_rule_label_balanced"] = model.answers.label_balanced.rule;
  measures[training + "_rule_conflicting"] = model.answers.conflicting.rule;
  measures[training + "_other_label"] = model.answers.exemplar_balanced.other;
  measures[training + "_accuracy"] = model.few_shot_accuracy;
}

// The step at which nine of ten few-shot answers were right for the first time, as the log has it;
// null where they never were.
Json steps_to_learn(const std::string& log) {
  std::istringstream lines(weft::read_file(log));
  for (std::string line; std::getline(lines, line);) {
    const Json evaluation = experiment::parse_json(line, log);
    if (evaluation["few_shot_accuracy"] >= 0.9) return evaluation["step"];
  }
  return nullptr;
}

Json run(const Setting& setting, std::uint64_t seed, int threads,
         const experiment::RunDirectory& directory) {
  const Preset& preset = setting.preset;
  directory.write_json("config.json", configuration_of(preset, seed, threads));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const Run run{preset, weft::Random(seed), threads, &log};
  const ContextTests tests(preset.size, preset.trials, run.random.fork("context tests"));
  const auto models = train_on_contexts(run, "in context", setting.curricula, tests);

  Json measures{{"chance", 0.5}};
  for (std::size_t i = 0; i < models.size(); ++i)
    add_measures(measures, setting.curricula[i].name, models[i][0]);
  if (setting.curricula.size() == 1)
    measures["steps_to_learn"] = steps_to_learn(directory.file("metrics.jsonl"));
  if (!setting.looks_at_heads) return measures;
  const ContextTests head_tests(preset.size, preset.trials, run.random.fork("head tests"));
  const ContextTests choice(preset.size, preset.trials, run.random.fork("head choice"));
  Json heads;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const HeadFindings findings =
        examine_heads(models[i][0].learner, head_tests.exemplar_balanced,
                      choice.exemplar_balanced, head_tests.few_shot);
    const std::string& training = setting.curricula[i].name;
    measures[training + "_without_chosen"] = findings.ablations[findings.chosen].rule;
    heads[training] = to_json(findings);
  }
  directory.write_json("heads.json", heads);
  return measures;
}

SweepPoint point(std::string name, Setting setting) {
  return {std::move(name), [setting = std::move(setting)](
                               std::uint64_t seed, int threads,
                               const experiment::RunDirectory& directory) {
            return run(setting, seed, threads, directory);
          }};
}

// Points at these numbers, which `change` puts into a setting.
template <class Change>
std::vector<SweepPoint> points_at(const Preset& preset, std::initializer_list<double> numbers,
                                  Change change) {
  std::vector<SweepPoint> points;
  for (const double number : numbers) {
    char name[16];
    std::snprintf(name, sizeof name, "%g", number);
    Setting setting = setting_of(preset);
    change(setting, number);
    points.push_back(point(name, std::move(setting)));
  }
  return points;
}

using MakeLearner = Learner (*)(const weft::Random& random, const weft::LaneOptions& lanes);

SweepPoint with_model(std::string name, Preset preset, MakeLearner make_learner,
                      std::size_t exemplars = SequenceSize{}.exemplars) {
  preset.size.exemplars = exemplars;
  preset.make_learner = make_learner;
  return point(std::move(name), setting_of(preset));
}

// A share of the sequences are contexts with the rule, the others are few-shot.
void mix(Setting& setting, double share) {
  Curriculum curriculum = rule_training(setting.preset);
  curriculum.name = "mixed";
  curriculum.rule_share = share;
  setting.curricula = {curriculum};
}

// A token each for stimulus and label, few-shot training, with the preset's learning rates or with
// the paper's, which are slower.
SweepPoint interleaved_point(std::string name, Preset preset, MakeLearner make_learner,
                             bool has_rates_of_paper) {
  preset.make_learner = make_learner;
  preset.evaluate_every = 250;
  preset.few_shot.steps *= has_rates_of_paper ? 4 : 2;
  if (has_rates_of_paper) {
    const Preset paper = paper_preset();
    preset.learning_rate = paper.learning_rate;
    preset.decay = paper.decay;
    preset.clip_norm = paper.clip_norm;
    preset.few_shot.warmup = paper.few_shot.warmup;
  }
  Setting setting = setting_of(preset);
  setting.curricula.resize(1);
  return point(std::move(name), std::move(setting));
}

std::vector<SweepPoint> interleaved_points(const Preset& preset) {
  std::vector<SweepPoint> points;
  const std::vector<std::pair<std::string, MakeLearner>> models{
      {"2", make_two_layers_interleaved},
      {"4", make_four_layers_interleaved},
      {"12", paper_preset().make_learner}};
  for (const bool has_rates_of_paper : {false, true})
    for (const auto& [layers, make_learner] : models)
      points.push_back(interleaved_point(layers + (has_rates_of_paper ? "-paper" : ""), preset,
                                         make_learner, has_rates_of_paper));
  return points;
}

}  // namespace

std::vector<Sweep> sweeps(const Preset& preset) {
  const MakeLearner two_layers = default_preset().make_learner;
  Setting with_heads = setting_of(preset);
  with_heads.looks_at_heads = true;
  return {{"share", "share of training contexts with the rule",
           points_at(preset, {0, 0.1, 0.25, 0.5, 0.75, 1}, mix)},
          {"depth", "layers",
           {with_model("1", preset, make_one_layer), with_model("2", preset, two_layers),
            with_model("4", preset, make_four_layers),
            with_model("8", preset, make_eight_layers)}},
          {"noise", "standard deviation of the noise",
           points_at(preset, {0, 0.1, 0.3, 0.6, 1},
                     [](Setting& setting, double noise) { setting.preset.size.noise = noise; })},
          {"exemplars", "exemplars of a class",
           {with_model("4", preset, two_layers, 4),
            with_model("8", preset, make_for_eight_exemplars, 8),
            with_model("16", preset, make_for_sixteen_exemplars, 16)}},
          {"interleaved", "layers, and rates of the paper", interleaved_points(preset)},
          {"heads", "training", {point("both", with_heads)}}};
}

experiment::SweepCurves curves_of(const std::string& sweep) {
  if (sweep == "share")
    return {{"mixed_rule", "BX follows the rule"},
            {"mixed_accuracy", "few-shot accuracy"},
            {"chance", "by similarity"}};
  if (sweep == "interleaved")
    return {{"few-shot_accuracy", "few-shot accuracy"},
            {"few-shot_rule", "BX follows the rule"},
            {"chance", "by similarity"}};
  if (sweep == "heads")
    return {{"few-shot_rule", ""},
            {"few-shot_without_chosen", ""},
            {"rule_rule", ""},
            {"rule_without_chosen", ""}};
  return {{"few-shot_rule", "BX follows the rule, few-shot training"},
          {"rule_rule", "BX follows the rule, rule training"},
          {"few-shot_accuracy", "few-shot accuracy, few-shot training"},
          {"rule_accuracy", "few-shot accuracy, rule training"},
          {"chance", "by similarity"}};
}

std::string figures_of(const std::string& sweep) {
  return sweep == "heads" ? EXAMPLE_FOLDER "/figures.py" : "";
}

}  // namespace context_vs_weights
