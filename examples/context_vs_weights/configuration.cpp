#include "configuration.hpp"

#include "trainings.hpp"

#include "../experiment/configuration.hpp"
#include "../experiment/environment.hpp"

namespace context_vs_weights {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Length& length) {
  return {{"steps", length.steps}, {"warmup_steps", length.warmup}};
}

Json training_of(const Preset& preset, bool side_by_side) {
  Json training = experiment::optimizer_of(lanes_of(side_by_side, 1), optimizer_of(preset));
  training["batch"] = preset.batch;
  training["learning_rate"] = preset.learning_rate;
  training["decay"] = preset.decay == Decay::none ? "none" : "inverse square root";
  return training;
}

}  // namespace

Json configuration_of(const Preset& preset, std::uint64_t seed, int threads) {
  const Learner learner = preset.make_learner(weft::Random(seed), {});
  const ClassifierConfig& config = learner.config;
  Json model = experiment::model_of(config.transformer(), learner.parameters);
  model["tokens"] = config.form == TokenForm::paired ? "paired" : "interleaved";
  model["position_encoding"] =
      config.position_encoding == weft::nn::Positions::learned ? "learned" : "sinusoidal";
  return {{"example", "context_vs_weights"},
          {"preset", preset.name},
          {"seed", seed},
          {"exemplars", preset.size.exemplars},
          {"noise", preset.size.noise},
          {"feature_size", feature_size},
          {"model", model},
          {"in_weights",
           {{"sets", preset.sets},
            {"length", json_of(preset.in_weights)},
            {"training", training_of(preset, true)},
            {"trials", preset.set_trials}}},
          {"in_context",
           {{"models", preset.models},
            {"few_shot", json_of(preset.few_shot)},
            {"rule", json_of(preset.rule)},
            {"control", json_of(preset.control)},
            {"training", training_of(preset, preset.side_by_side)},
            {"trials", preset.trials}}},
          {"evaluate_every", preset.evaluate_every},
          {"environment", experiment::environment(threads)}};
}

}  // namespace context_vs_weights
