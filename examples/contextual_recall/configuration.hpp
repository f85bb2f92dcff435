#pragma once

#include "phases.hpp"

#include <nlohmann/json.hpp>

namespace contextual_recall {

nlohmann::ordered_json to_json(const WorldSize& world);

// What config.json holds: all that decides how a run goes.
nlohmann::ordered_json configuration(const Course& course, const Learner& learner,
                                     std::uint64_t seed, int threads);

}  // namespace contextual_recall
