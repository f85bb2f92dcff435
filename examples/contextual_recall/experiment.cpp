#include "experiment.hpp"

#include "configuration.hpp"
#include "construction_run.hpp"
#include "dynamics.hpp"
#include "findings.hpp"
#include "mechanism.hpp"
#include "model.hpp"
#include "phases.hpp"

#include "../experiment/flops.hpp"
#include "../experiment/processes.hpp"
#include "../experiment/statistics.hpp"
#include "../experiment/stopwatch.hpp"

#include "../../benchmarks/peak.hpp"

#include <weft/io/npy.hpp>

#include <cmath>

namespace contextual_recall {

namespace {

void save(const std::string& path, const Activations& activations) {
  weft::save_npy<float>(path, activations.residual,
                        {activations.rows, activations.layers, activations.width});
}

// Contextual recall after each control.
struct Controls {
  double more_pretraining, mixed_cue;
};

experiment::Checks check(const Course& course, const Findings& before, const Findings& after,
                         const Controls& controls) {
  experiment::Checks checks;
  const double chance = 1.0 / course.world.size().types;
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
  const double noise = 3 * std::sqrt(0.5 / static_cast<double>(course.preset.check_rows));
  // A line that is flat as a whole does not rise.
  const bool rises = after.by_shots.back() - after.by_shots.front() > noise;
  checks.at_least("shots_monotone", rises ? experiment::smallest_rise(after.by_shots) : -1, -noise);
  near_chance("control_more_pretraining", controls.more_pretraining);
  near_chance("control_mixed_cue", controls.mixed_cue);
  return checks;
}

// Billions of floating-point operations a second over all steps of training, without evaluations.
double gflops_of(const Learner& learner, std::size_t batch, const weft::TrainingState& pretraining,
                 const weft::TrainingState& finetuning) {
  const auto texts = static_cast<double>(batch * (pretraining.step + finetuning.step));
  const double seconds = pretraining.seconds + finetuning.seconds;
  return 3e-9 * experiment::forward_flops(learner.config) * texts / seconds;
}

}  // namespace

experiment::Checks run(const Preset& preset, const Recipe& recipe, std::uint64_t seed, int threads,
                       const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  const weft::Random random(seed);
  const World world(preset.world, recipe.finetuned_share, random.fork("world"));
  Course course{preset, recipe, world, random, random.fork("monitor")};
  const weft::Random check_draws = random.fork("checks");

  const Learner pretrained = preset.make_learner(random.fork("initial weights"), threads);
  directory.write_configuration(configuration(course, pretrained, seed, threads));
  weft::MetricsLog log(directory.file("metrics.jsonl"));
  course.log = &log;
  course.checkpoints = directory.checkpoints();
  const weft::TrainingState pretraining = pretrain(course, pretrained);
  const double pretraining_seconds = stopwatch.seconds();
  pretrained.save(directory.file("model_pretrained.safetensors"));
  const Findings before = examine(pretrained, world, preset.check_rows, check_draws);
  save(directory.file("latents_before.npy"), before.activations);

  const experiment::Stopwatch finetuning_stopwatch;
  const Learner finetuned = pretrained.clone();
  const Finetuning finetuning = finetune(course, finetuned);
  const double finetuning_seconds = finetuning_stopwatch.seconds();
  finetuned.save(directory.file("model_finetuned.safetensors"));
  const Findings after = examine(finetuned, world, preset.check_rows, check_draws);
  save(directory.file("latents_after.npy"), after.activations);

  const auto control = [&](auto train) {
    const Learner learner = pretrained.clone();
    train(course, learner, finetuning.state.step);
    return recall_of_all(learner, world, preset.check_rows, check_draws);
  };
  const Controls controls{.more_pretraining = control(pretrain_more),
                          .mixed_cue = control(finetune_on_mixed_types)};

  const Mechanism mechanism = find_mechanism(
      course, pretrained, finetuned, check_draws.fork("mechanism"),
      directory.file("model_first_attention.safetensors"));
  const Dynamics dynamics = dynamics_of(finetuning.moments, 1.0 / preset.world.types);

  experiment::Checks checks = check(course, before, after, controls);
  add_checks(checks, mechanism);
  add_checks(checks, dynamics);
  checks.do_not_require(recipe.not_required);
  if (preset.name != "default" || recipe.name != "default") checks.do_not_require(mechanism_bands);
  if (preset.construction)
    add_checks(checks, "", preset.world,
               check_construction(preset, world, random.fork("construction"), threads));
  if (!preset.checks_required) checks.require_none();
  const double gflops = gflops_of(pretrained, preset.batch, pretraining, finetuning.state);
  const double peak = benchmarks::peak_flops<float>(threads) *
                      static_cast<double>(experiment::processes().ranks);
  directory.write_json("figures.json",
                       {{"before", figures_of(before)}, {"after", figures_of(after)}});
  directory.write_summary(
      {{"example", "contextual_recall"},
       {"preset", preset.name},
       {"recipe", recipe.name},
       {"seed", seed},
       {"threads", threads},
       {"instruction_set", weft::instruction_set},
       {"seconds",
        {{"pretrain", pretraining_seconds},
         {"finetune", finetuning_seconds},
         {"total", stopwatch.seconds()}}},
       {"steps", {{"pretrain", pretraining.step}, {"finetune", finetuning.state.step}}},
       {"gflops", gflops},
       {"peak_fraction", 1e9 * gflops / peak},
       {"before", to_json(before)},
       {"after", to_json(after)},
       {"controls",
        {{"more_pretraining", controls.more_pretraining}, {"mixed_cue", controls.mixed_cue}}},
       {"dynamics", to_json(dynamics, finetuning.moments)},
       {"mechanism", to_json(mechanism)},
       {"checks", experiment::to_json(checks)}});
  return checks;
}

}  // namespace contextual_recall
