#pragma once

#include "phases.hpp"

#include "../experiment/checks.hpp"

#include <nlohmann/json.hpp>

// When recall appears in a finetuning, and when the latent code of the type does.

namespace contextual_recall {

// The way of a measure from chance to where it ends.
struct Transition {
  double step;   // where it is half of the way there
  double width;  // steps from a tenth of it to nine tenths
};

inline constexpr double least_rise = 0.1;  // five standard errors of a probe at one moment

// Of a measure at each moment. Each share of the way is where the measure first reaches it, between
// two moments by linear interpolation. Not a number where it ends less than least_rise above
// chance.
Transition transition_of(const std::vector<Moment>& moments, double Moment::*measure,
                         double chance);

struct Dynamics {
  Transition recall, first_latent, last_latent;

  // Steps by which the latent after the first layer comes before recall; below 0, after it.
  double latent_lead() const { return recall.step - first_latent.step; }
};

// transition_step, transition_width and latent_lead, of which nothing is asked.
void add_checks(experiment::Checks& checks, const Dynamics& dynamics);

Dynamics dynamics_of(const std::vector<Moment>& moments, double chance);

// For summary.json: what is above, and all moments.
nlohmann::ordered_json to_json(const Dynamics& dynamics, const std::vector<Moment>& moments);

}  // namespace contextual_recall
