#include "dynamics.hpp"

#include <limits>

namespace contextual_recall {

namespace {

// The step at which the measure first reaches a level.
double step_at(const std::vector<Moment>& moments, double Moment::*measure, double level) {
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const double value = moments[i].*measure;
    if (value < level) continue;
    const auto step = static_cast<double>(moments[i].step);
    if (i == 0) return step;
    const double before = moments[i - 1].*measure;
    const double gap = step - static_cast<double>(moments[i - 1].step);
    return step - gap * (value - level) / (value - before);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Transition transition_of(const std::vector<Moment>& moments, double Moment::*measure,
                         double chance) {
  const double rise = moments.back().*measure - chance;
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (!(rise >= least_rise)) return {none, none};
  const auto step = [&](double share) {
    return step_at(moments, measure, chance + share * rise);
  };
  return {.step = step(0.5), .width = step(0.9) - step(0.1)};
}

Dynamics dynamics_of(const std::vector<Moment>& moments, double chance) {
  return {.recall = transition_of(moments, &Moment::recall, chance),
          .first_latent = transition_of(moments, &Moment::first_latent, chance),
          .last_latent = transition_of(moments, &Moment::last_latent, chance)};
}

void add_checks(experiment::Checks& checks, const Dynamics& dynamics) {
  checks.show("transition_step", dynamics.recall.step);
  checks.show("transition_width", dynamics.recall.width);
  checks.show("latent_lead", dynamics.latent_lead());
}

nlohmann::ordered_json to_json(const Dynamics& dynamics, const std::vector<Moment>& moments) {
  const auto transition = [](const Transition& of) {
    return nlohmann::ordered_json{{"step", of.step}, {"width", of.width}};
  };
  nlohmann::ordered_json result{{"recall", transition(dynamics.recall)},
                                {"first_latent", transition(dynamics.first_latent)},
                                {"last_latent", transition(dynamics.last_latent)},
                                {"latent_lead", dynamics.latent_lead()},
                                {"moments", nlohmann::ordered_json::array()}};
  for (const Moment& moment : moments)
    result["moments"].push_back({{"step", moment.step},
                                 {"recall", moment.recall},
                                 {"first_latent", moment.first_latent},
                                 {"last_latent", moment.last_latent}});
  return result;
}

}  // namespace contextual_recall
