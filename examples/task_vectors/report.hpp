#pragma once

#include "measures.hpp"
#include "relation.hpp"

#include <nlohmann/json.hpp>

// Entries of summary.json that several experiments have.

namespace task_vectors {

inline nlohmann::ordered_json json_of(const Accuracy& accuracy) {
  return {{"by_shots", accuracy.by_shots}, {"by_task", accuracy.by_task}};
}

inline nlohmann::ordered_json json_of(const Decodability& found) {
  return {{"by_layer_and_shots", found.mean}, {"by_layer_shots_and_task", found.by_task}};
}

inline nlohmann::ordered_json json_of(const LinearFit& fit) {
  return {{"slope", fit.slope},
          {"intercept", fit.intercept},
          {"r_squared", fit.r_squared.estimate},
          {"low", fit.r_squared.low},
          {"high", fit.r_squared.high}};
}

}  // namespace task_vectors
