#pragma once

#include "settings.hpp"

#include <weft/train/metrics_log.hpp>

#include <functional>
#include <string>

// The stages a model goes through: pretraining, and the ways to tune what came of it.

namespace context_awareness {

// What the stages of a run share.
struct Course {
  const Preset& preset;
  const Scenario& scenario;
  const Task& task;
  weft::Random random;
  weft::MetricsLog* log;  // null: none
  weft::Checkpoints* checkpoints = nullptr;  // null: none
};

// The optimiser of every training.
weft::AdamWOptions optimizer_of(double learning_rate);

// Texts without roles: the context is right where it speaks, the facts where it does not.
Mixture pretraining_mixture();

// Instructions. Context-dependent ones ask for a conflicting needle; of the others the given share
// ask for the fact against the context, and the rest for facts that the context agrees with or
// does not mention.
Mixture tuning_mixture(double dependent, double contradicting);

// Vanilla tuning's mixture in this scenario.
Mixture vanilla_mixture(const Scenario& scenario);

// Half of vanilla tuning's questions, and as many context-dependent ones.
Mixture enriched_mixture(const Scenario& scenario);

// Context-dependent questions in half of all cases, and none against the context: the control that
// tells the template from the data.
Mixture control_mixture();

weft::TrainingState pretrain(const Course& course, const experiment::Learner& learner);

// The questions of a step of tuning: some are replayed from pretraining, the others are of a
// mixture and in the template. Those of one step differ between mixtures only.
std::vector<Sample> tuning_samples(const Course& course, const Mixture& mixture, std::size_t step);

// Sets the indicator of questions of a step that it takes for context-dependent.
using Marker = std::function<void(std::size_t step, std::vector<Sample>&)>;

// Tunes on the questions of a mixture, as the marker marks them.
weft::TrainingState tune(const Course& course, const experiment::Learner& learner,
                         const std::string& phase, const Mixture& mixture,
                         const Marker& mark = {});

// Questions as they come in tuning, without replay.
std::vector<Question> draw_questions(const Task& task, const Mixture& mixture, std::size_t count,
                                     weft::Random random);

}  // namespace context_awareness
