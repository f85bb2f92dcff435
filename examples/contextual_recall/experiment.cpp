#include "experiment.hpp"

#include "measures.hpp"

#include "../../benchmarks/peak.hpp"
#include "../experiment/latents.hpp"

#include <xtensor/xadapt.hpp>

#include <weft/core/parallel.hpp>
#include <weft/train/trainer.hpp>

#include <chrono>
#include <cmath>
#include <numbers>

namespace contextual_recall {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Everything a run needs at hand.
struct Context {
  const Preset& preset;
  const Recipe& recipe;
  World world;
  weft::Random random;    // of the run
  weft::Random monitor;   // draws on which training stops
  weft::Random checks;    // draws of the key figures, apart from all others
  weft::MetricsLog& log;
};

// A stretch of training.
struct Phase {
  std::string name;
  double learning_rate;  // peak
  int schedule_steps;    // the learning rate falls to a tenth over them
  int step_limit;
  std::function<Batch(weft::Random)> draw;       // a batch from a stream of its own
  std::function<bool(const Measures&)> is_good;  // ends the phase when true twice running; may be none
  int may_stop_at;
};

constexpr std::size_t evaluate_every = 20;

// min(1, (i + 1) / 100) (0.1 + 0.9 (1 + cos(pi i / steps)) / 2), and 0.1 after the last step.
double learning_rate_factor(std::size_t step, int steps) {
  const double i = static_cast<double>(step);
  const double angle = std::numbers::pi * std::min(i / steps, 1.0);
  return std::min(1.0, (i + 1) / 100) * (0.1 + 0.9 * (1 + std::cos(angle)) / 2);
}

// The measures under the names they have in metrics.jsonl and summary.json.
std::vector<std::pair<const char*, double>> named(const Measures& measures) {
  return {{"fact", measures.fact},
          {"fact_held_out", measures.fact_held_out},
          {"icl", measures.icl},
          {"icl_held_out", measures.icl_held_out},
          {"icl_all_held_out", measures.icl_all_held_out},
          {"icl_type", measures.icl_type},
          {"own", measures.own},
          {"cue", measures.cue},
          {"cue_held_out", measures.cue_held_out}};
}

weft::Evaluation evaluation(const Measures& measures, bool is_good) {
  weft::Evaluation result{{}, is_good};
  for (const auto& [name, value] : named(measures)) result.metrics.emplace_back(name, value);
  return result;
}

weft::TrainingState train(Context& context, const Learner& learner, const Phase& phase) {
  const weft::Random draws = context.random.fork(phase.name);
  Training training;
  training.learning_rate = phase.learning_rate;
  training.draw = [&](std::size_t step) { return phase.draw(draws.fork(step)); };
  training.evaluate = [&](const weft::TrainingState&) {
    const Measures measures =
        measure(learner, context.world, context.preset.monitor_rows, context.monitor);
    return evaluation(measures, phase.is_good && phase.is_good(measures));
  };
  training.options = {.phase = phase.name,
                      .steps = static_cast<std::size_t>(phase.step_limit),
                      .schedule = [&](std::size_t step) {
                        return learning_rate_factor(step, phase.schedule_steps);
                      },
                      .evaluate_every = evaluate_every,
                      .good_in_a_row = phase.is_good ? std::size_t{2} : std::size_t{0},
                      .may_stop_at = static_cast<std::size_t>(phase.may_stop_at),
                      .tokens_per_row = static_cast<double>(context.world.size().positions()),
                      .log = &context.log};
  return learner.train(training);
}

// How far the type that a prompt asks for can be read off the residual stream of each block.
struct LatentStatistics {
  std::vector<double> between, probe, share_of_first, participation;
  nlohmann::ordered_json components;  // first two of the last block, subject means taken off
};

experiment::Matrix layer_of(const Activations& activations, std::size_t layer) {
  const auto all = xt::adapt(activations.residual,
                             std::vector{activations.rows, activations.layers, activations.width});
  return xt::view(all, xt::all(), layer, xt::all());
}

LatentStatistics latent_statistics(const Activations& activations, const Texts& prompts,
                                   const WorldSize& size) {
  experiment::Labels types, queries;
  for (const Prompt& prompt : prompts.prompts) {
    types.push_back(prompt.type);
    queries.push_back(prompt.query);
  }
  LatentStatistics result;
  for (std::size_t layer = 0; layer < activations.layers; ++layer) {
    const experiment::Matrix residual = layer_of(activations, layer);
    const experiment::Matrix apart =
        experiment::group_centred(residual, queries, size.subjects);
    const auto components = experiment::principal_components(apart);
    result.between.push_back(experiment::between_group_variance(residual, types, size.types));
    result.probe.push_back(experiment::nearest_centroid_accuracy(residual, types, size.types));
    result.share_of_first.push_back(
        components.share_of_first(static_cast<std::size_t>(size.types) - 1));
    result.participation.push_back(components.participation_ratio());
    if (layer + 1 < activations.layers) continue;
    const experiment::Matrix points = components.project(apart, 2);
    for (std::size_t i = 0; i < points.shape(0); ++i)
      result.components.push_back({points(i, 0), points(i, 1), types[i]});
  }
  return result;
}

// Everything measured of a model that is done with a phase.
struct Picture {
  Measures measures;
  LatentStatistics latents;
  std::vector<double> by_shots;
  nlohmann::ordered_json patterns;
};

Picture take_picture(Context& context, const Learner& learner,
                     const experiment::RunDirectory& directory, const std::string& when) {
  const World& world = context.world;
  const std::size_t rows = context.preset.check_rows;
  Picture picture;
  picture.measures = measure(learner, world, rows, context.checks);
  picture.by_shots = accuracy_by_shots(learner, world, rows, context.checks);

  const int shots = world.size().tuples - 1;
  const Texts prompts = world.recall(rows / 2, world.all(), world.all(), shots,
                                     context.checks.fork("latents"));
  const Activations activations = learner.observe(prompts);
  picture.latents = latent_statistics(activations, prompts, world.size());
  learner.save_activations(directory.file("latents_" + when + ".npy"), activations);

  const Texts one = world.recall(1, world.all(), world.all(), shots, context.checks.fork("one"));
  const Patterns patterns = learner.patterns(one);
  picture.patterns = {{"layers", patterns.layers},
                      {"heads", patterns.heads},
                      {"positions", patterns.positions},
                      {"weights", patterns.weights}};
  return picture;
}

nlohmann::ordered_json to_json(const Measures& measures) {
  nlohmann::ordered_json result;
  for (const auto& [name, value] : named(measures)) result[name] = value;
  return result;
}

nlohmann::ordered_json to_json(const Picture& picture) {
  const LatentStatistics& latents = picture.latents;
  return {{"measures", to_json(picture.measures)},
          {"accuracy_by_shots", picture.by_shots},
          {"latents",
           {{"between", latents.between},
            {"probe", latents.probe},
            {"share_of_first_components", latents.share_of_first},
            {"participation_ratio", latents.participation}}}};
}

Phase pretraining(const Context& context) {
  const auto draw = [&context](weft::Random random) {
    const WorldSize& size = context.world.size();
    return Batch{context.world.pretraining(context.preset.batch, size.neutral_rate, random),
                 LossAt::every_position};
  };
  const auto is_good = [](const Measures& measures) {
    return measures.fact_of_all >= 0.999;
  };
  return {"pretrain", 2e-3, context.preset.pretrain_steps, context.preset.pretrain_limit,
          draw,       is_good, context.preset.pretrain_steps};
}

// Finetuning on `cue`, or on `cue` with mixed types: the control.
Phase finetuning(const Context& context, const std::string& name, bool mixed) {
  const auto draw = [&context, mixed](weft::Random random) {
    const World& world = context.world;
    if (random.uniform_double() < context.recipe.replay)
      return Batch{world.pretraining(context.preset.batch, world.size().neutral_rate,
                                     random.fork("replay")),
                   LossAt::every_position};
    return Batch{world.cue(context.preset.batch, world.finetuned(), mixed, random.fork("cue")),
                 LossAt::last_position};
  };
  const auto is_good = [](const Measures& measures) { return measures.cue >= 0.99; };
  return {name, 1e-3, context.preset.finetune_steps, context.preset.finetune_limit,
          draw, is_good, 0};
}

// A control trains as long as the finetuning did, whatever it reaches.
double run_control(Context& context, const Learner& pretrained, Phase phase, std::size_t steps) {
  const Learner learner = pretrained.clone();
  phase.step_limit = static_cast<int>(steps);
  phase.is_good = nullptr;
  train(context, learner, phase);
  return recall_of_all(learner, context.world, context.preset.check_rows, context.checks);
}

double smallest_rise(const std::vector<double>& values) {
  double smallest = 1;
  for (std::size_t i = 1; i < values.size(); ++i)
    smallest = std::min(smallest, values[i] - values[i - 1]);
  return smallest;
}

experiment::Checks check(const Context& context, const Picture& before, const Picture& after,
                         double more_pretraining, double mixed_cue) {
  experiment::Checks checks(context.preset.checks_required);
  const double chance = 1.0 / context.world.size().types;
  const auto near_chance = [&](const char* name, double value) {
    checks.within(name, value, chance - 0.06, chance + 0.06);
  };
  checks.at_least("fact_before", before.measures.fact, 0.97);
  checks.at_least("fact_held_out_before", before.measures.fact_held_out, 0.99);
  near_chance("icl_before", before.measures.icl);
  near_chance("icl_held_out_before", before.measures.icl_held_out);
  near_chance("icl_all_held_out_before", before.measures.icl_all_held_out);
  checks.at_least("own_before", before.measures.own, 0.95);
  checks.at_most("probe_before", before.latents.probe.back(), chance + 0.07);
  checks.at_most("between_before", before.latents.between.back(), 0.02);
  checks.at_least("fact_after", after.measures.fact, 0.97);
  checks.at_least("fact_held_out_after", after.measures.fact_held_out, 0.93);
  checks.at_least("icl_after", after.measures.icl, 0.85);
  checks.at_least("icl_held_out_after", after.measures.icl_held_out, 0.75);
  checks.at_least("icl_all_held_out_after", after.measures.icl_all_held_out, 0.75);
  checks.at_least("own_after", after.measures.own, 0.95);
  checks.at_least("cue_after", after.measures.cue_held_out, 0.85);
  checks.at_least("probe_after", after.latents.probe.back(), 0.80);
  checks.at_least("between_after", after.latents.between.back(), 0.15);
  // Two neighbouring shares may differ by three standard errors of their difference.
  const double noise = 3 * std::sqrt(0.5 / static_cast<double>(context.preset.check_rows));
  checks.at_least("shots_monotone", smallest_rise(after.by_shots), -noise);
  near_chance("control_more_pretraining", more_pretraining);
  near_chance("control_mixed_cue", mixed_cue);
  return checks;
}

nlohmann::ordered_json configuration(const Preset& preset, const Recipe& recipe,
                                     std::uint64_t seed, const Learner& learner) {
  const WorldSize& world = preset.world;
  return {{"example", "contextual_recall"},
          {"preset", preset.name},
          {"recipe", recipe.name},
          {"seed", seed},
          {"world",
           {{"subjects", world.subjects},
            {"types", world.types},
            {"values", world.values},
            {"typed_grammar", world.typed_grammar},
            {"neutral_grammar", world.neutral_grammar},
            {"tuples", world.tuples},
            {"neutral_rate", world.neutral_rate},
            {"vocabulary", world.vocabulary()}}},
          {"parameters", learner.parameters},
          {"batch", preset.batch},
          {"pretrain_steps", preset.pretrain_steps},
          {"pretrain_limit", preset.pretrain_limit},
          {"finetune_steps", preset.finetune_steps},
          {"finetune_limit", preset.finetune_limit},
          {"finetuned_share", recipe.finetuned_share},
          {"replay", recipe.replay},
          {"monitor_rows", preset.monitor_rows},
          {"check_rows", preset.check_rows}};
}

}  // namespace

Outcome run(const Preset& preset, const Recipe& recipe, std::uint64_t seed, int threads,
            const experiment::RunDirectory& directory) {
  const auto start = Clock::now();
  const int used_threads = threads > 0 ? threads : weft::default_threads();
  const weft::Random random(seed);
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  Context context{preset,
                  recipe,
                  World(preset.world, recipe.finetuned_share, random.fork("world")),
                  random,
                  random.fork("monitor"),
                  random.fork("checks"),
                  log};

  const Learner pretrained = preset.make_learner(random.fork("initial weights"), used_threads);
  directory.write_json("config.json", configuration(preset, recipe, seed, pretrained));
  const weft::TrainingState pretrain = train(context, pretrained, pretraining(context));
  const double pretrain_seconds = seconds_since(start);
  pretrained.save(directory.file("model_pretrained.safetensors"));
  const Picture before = take_picture(context, pretrained, directory, "before");

  const auto finetune_start = Clock::now();
  const Learner finetuned = pretrained.clone();
  const weft::TrainingState finetune = train(context, finetuned, finetuning(context, "finetune", false));
  const double finetune_seconds = seconds_since(finetune_start);
  finetuned.save(directory.file("model_finetuned.safetensors"));
  const Picture after = take_picture(context, finetuned, directory, "after");

  Phase more_pretraining = pretraining(context);
  more_pretraining.name = "control: more pretraining";
  more_pretraining.learning_rate = 1e-3;
  more_pretraining.schedule_steps = preset.finetune_steps;
  const double more = run_control(context, pretrained, more_pretraining, finetune.step);
  const double mixed = run_control(
      context, pretrained, finetuning(context, "control: mixed-type cue", true), finetune.step);

  Outcome outcome{check(context, before, after, more, mixed), {}};
  const double seconds = pretrain.seconds + finetune.seconds;  // without evaluations
  const double gflops = 3e-9 * pretrained.flops_per_text * static_cast<double>(preset.batch) *
                        static_cast<double>(pretrain.step + finetune.step) / seconds;
  outcome.summary = {
      {"example", "contextual_recall"},
      {"preset", preset.name},
      {"recipe", recipe.name},
      {"seed", seed},
      {"threads", used_threads},
      {"instruction_set", weft::instruction_set},
      {"seconds",
       {{"pretrain", pretrain_seconds},
        {"finetune", finetune_seconds},
        {"total", seconds_since(start)}}},
      {"steps", {{"pretrain", pretrain.step}, {"finetune", finetune.step}}},
      {"gflops", gflops},
      {"peak_fraction", 1e9 * gflops / benchmarks::peak_flops<float>(used_threads)},
      {"before", to_json(before)},
      {"after", to_json(after)},
      {"controls", {{"more_pretraining", more}, {"mixed_cue", mixed}}},
      {"checks", experiment::to_json(outcome.checks)}};
  directory.write_json("figures.json",
                       {{"before",
                         {{"components", before.latents.components},
                          {"patterns", before.patterns}}},
                        {"after",
                         {{"components", after.latents.components},
                          {"patterns", after.patterns}}}});
  directory.write_json("summary.json", outcome.summary);
  return outcome;
}

}  // namespace contextual_recall
