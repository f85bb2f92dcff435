#include "mechanism.hpp"

namespace contextual_recall {

namespace {

constexpr std::size_t attention_rows = 256;  // prompts that attention is a mean over
constexpr std::size_t patch_rows = 1024;     // prompts that are patched

Inside look_into(const Learner& pretrained, const Learner& learner, const World& world,
                 std::size_t rows, const weft::Random& draws) {
  const Texts prompts = latent_prompts(world, 2 * rows, draws.fork("query tuple"));
  return {.latents = statistics_of(observe_latents(learner, prompts, query_tuple(world.size())),
                                   world.size()),
          .change = weight_change(pretrained, learner, world, 2 * rows, draws.fork("change")),
          .attention = attention_shares(learner, world, attention_rows, draws.fork("attention")),
          .patch = patch_latents(learner, world, patch_rows, draws.fork("patch"))};
}

nlohmann::ordered_json to_json(const Inside& inside) {
  const LatentPatch& patch = inside.patch;
  return {{"query_tuple",
           {{"between", inside.latents.between}, {"probe", inside.latents.probe}}},
          {"change", to_json(inside.change)},
          {"attention", to_json(inside.attention)},
          {"patch",
           {{"success", patch.success},
            {"unpatched", patch.unpatched},
            {"kept", patch.kept},
            {"control", patch.control}}}};
}

}  // namespace

Mechanism find_mechanism(const Course& course, const Learner& pretrained, const Learner& finetuned,
                         const weft::Random& draws, const std::string& path) {
  const Learner learner = pretrained.clone();
  const weft::TrainingState training = finetune_first_attention(course, learner);
  learner.save(path);
  const World& world = course.world;
  const std::size_t rows = course.preset.check_rows / 2;
  return {.steps = training.step,
          .alone = measure(learner, world, rows, draws),
          .before = attention_shares(pretrained, world, attention_rows, draws.fork("attention")),
          .first_attention = look_into(pretrained, learner, world, rows, draws),
          .whole = look_into(pretrained, finetuned, world, rows, draws)};
}

// Bands: three standard deviations from the mean of seeds 0 to 4, rounded outwards to 0.05.
void add_checks(experiment::Checks& checks, const Mechanism& mechanism) {
  const Inside& inside = mechanism.first_attention;
  checks.show("first_attention_icl_held_out", mechanism.alone.icl_held_out);
  checks.at_least("finetuned_rank_energy",
                  inside.change.all.energy_of_first(inside.change.directions), 0.55);
  checks.show("finetuned_written_overlap", inside.change.written_overlap);
  checks.at_least("latent_patch_success", inside.patch.success, 0.70);
  checks.at_most("latent_patch_control", inside.patch.control, 0.15);
}

nlohmann::ordered_json to_json(const Mechanism& mechanism) {
  nlohmann::ordered_json measures;
  for (const auto& [name, value] : named(mechanism.alone)) measures[name] = value;
  return {{"steps", mechanism.steps},
          {"measures", measures},
          {"attention_before", to_json(mechanism.before)},
          {"first_attention", to_json(mechanism.first_attention)},
          {"whole", to_json(mechanism.whole)}};
}

}  // namespace contextual_recall
