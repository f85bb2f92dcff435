#include "sweeps.hpp"

#include "models.hpp"

#include "../configuration.hpp"
#include "../latents.hpp"
#include "../measures.hpp"
#include "../phases.hpp"

#include <cstdio>

namespace contextual_recall {

namespace {

using experiment::Sweep;
using experiment::SweepPoint;

// What a point may change. What it keeps is the default recipe's.
struct Setting {
  Preset preset = default_preset();
  Recipe recipe = recipes().front();
  bool shares_pretraining = false;  // with the other points
};

// Pretrains, or takes what another point of the same seed has pretrained.
void pretrain_once(const Course& course, const Learner& learner,
                   const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return learner.load(path.string());
  pretrain(course, learner);
  learner.save(path.string());
}

nlohmann::ordered_json run(const Setting& setting, std::uint64_t seed, int threads,
                           const experiment::RunDirectory& directory) {
  const weft::Random random(seed);
  const World world(setting.preset.world, setting.recipe.finetuned_share, random.fork("world"));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  const Course course{setting.preset, setting.recipe, world, random, random.fork("monitor"), &log};
  const Learner learner = setting.preset.make_learner(random.fork("initial weights"), threads);
  directory.write_json("config.json", configuration(course, learner, seed, threads));

  const std::string pretrained = "pretrained-seed" + std::to_string(seed) + ".safetensors";
  if (setting.shares_pretraining)
    pretrain_once(course, learner, directory.path().parent_path().parent_path() / pretrained);
  else pretrain(course, learner);
  finetune_in_full(course, learner);
  learner.save(directory.file("model_finetuned.safetensors"));

  const std::size_t rows = setting.preset.check_rows;
  const weft::Random draws = random.fork("checks");
  nlohmann::ordered_json measures;
  for (const auto& [name, value] : named(measure(learner, world, rows, draws)))
    measures[name] = value;
  measures["icl_among_values"] = recall_among_values(learner, world, rows, draws);
  const LatentStatistics latents = statistics_of(
      observe_latents(learner, latent_prompts(world, 2 * rows, draws.fork("latents")),
                      last_position(world.size())),
      world.size());
  measures["probe"] = latents.probe.back();
  measures["between"] = latents.between.back();
  measures["chance"] = 1.0 / world.size().types;
  return measures;
}

// The setting that `change` makes of the default one.
template <class Change>
SweepPoint point(std::string name, Change change) {
  Setting setting;
  setting.preset.monitor_rows = setting.preset.watched_rows = 128;
  setting.preset.check_rows = 2048;
  change(setting);
  return {std::move(name), [setting](std::uint64_t seed, int threads,
                                     const experiment::RunDirectory& directory) {
            return run(setting, seed, threads, directory);
          }};
}

// Points at these numbers, which `change` puts into a setting.
template <class Change>
std::vector<SweepPoint> points_at(std::initializer_list<double> numbers, Change change) {
  std::vector<SweepPoint> points;
  for (const double number : numbers) {
    char name[16];
    std::snprintf(name, sizeof name, "%g", number);
    points.push_back(point(name, [&](Setting& setting) { change(setting, number); }));
  }
  return points;
}

// A point of another model.
SweepPoint point_of(std::string name,
                    Learner (*make_learner)(const weft::Random& random, int threads),
                    const WorldSize& world = default_world) {
  return point(std::move(name), [&](Setting& setting) {
    setting.preset.world = world;
    setting.preset.make_learner = make_learner;
  });
}

SweepPoint point_of(std::string name, Task task) {
  return point(std::move(name), [&](Setting& setting) {
    setting.recipe.task = task;
    setting.shares_pretraining = true;
  });
}

// As the preset has it.
SweepPoint base(std::string name) {
  return point(std::move(name), [](Setting&) {});
}

}  // namespace

const std::vector<Sweep>& sweeps() {
  static const std::vector<Sweep> all{
      {"fraction", "share of the subjects that is finetuned on",
       points_at({0.1, 0.25, 0.5, 0.75, 0.9, 1},
                 [](Setting& setting, double share) {
                   setting.recipe.finetuned_share = share;
                   setting.shares_pretraining = true;
                 })},
      {"types", "types of attributes",
       {point_of("2", make_two_types, world_of_two_types), base("4"),
        point_of("8", make_eight_types, world_of_eight_types)}},
      {"neutral", "share of neutral grammar in pretraining",
       points_at({0, 0.1, 0.3, 0.5, 0.7},
                 [](Setting& setting, double rate) { setting.preset.world.neutral_rate = rate; })},
      {"layers", "layers",
       {point_of("1", make_one_layer), base("2"), point_of("4", make_four_layers)}},
      {"parts", "parts beside attention",
       {base("none"), point_of("norm", make_with_norm), point_of("MLP", make_with_mlp),
        point_of("norm+MLP", make_with_norm_and_mlp)}},
      {"task", "finetuning task",
       {point_of("cue", Task::cue), point_of("name", Task::name),
        point_of("mixed", Task::cue_and_name), point_of("direct", Task::direct)}},
      {"replay", "share of replayed batches",
       points_at({0, 0.2, 0.4, 0.6, 0.8},
                 [](Setting& setting, double share) {
                   setting.recipe.replay = share;
                   setting.shares_pretraining = true;
                 })}};
  return all;
}

experiment::SweepCurves curves_of(const std::string& sweep) {
  experiment::SweepCurves curves{{"fact_held_out", "facts, held-out subjects"},
                                 {"icl", "recall"},
                                 {"icl_held_out", "recall, query held out"},
                                 {"probe", "type read off at the query"},
                                 {"chance", "chance by type"}};
  if (sweep == "fraction") curves[0] = {"fact", "facts, finetuned subjects"};
  if (sweep == "task") curves[3] = {"icl_among_values", "recall, likeliest of all values"};
  return curves;
}

}  // namespace contextual_recall
