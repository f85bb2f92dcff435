#pragma once

#include "regression_measures.hpp"
#include "regression_patching.hpp"
#include "regression_settings.hpp"
#include "run.hpp"

#include "../experiment/checks.hpp"
#include "../experiment/run_directory.hpp"

#include <nlohmann/json.hpp>

#include <optional>

// Whether a model infers which coordinates a linear function lives on, and when its states tell.

namespace task_vectors {

struct RegressionCheckpoint {
  std::size_t step;
  Errors errors;
  double score;  // basis_score()
  BasisDecodability decodability;
  std::vector<std::vector<std::array<double, 2>>> components;  // (layer, sequence)
};

// When the score and decodability pass the middle between their first and last values.
struct Emergence {
  std::size_t encoding_step, decoding_step;
};

struct RegressionFindings {
  // The first of each is the untrained model. blind is of the model that had all bases from the
  // start, and empty where the main one has.
  std::vector<RegressionCheckpoint> checkpoints, blind;
  std::vector<int> pictured_bases;
  std::size_t best_layer;
  ReferenceErrors references;  // to the sequences of the key figures, as are the errors
  Errors errors;
  double score;
  BasisDecodability decodability;
  std::vector<std::vector<double>> decodability_by_basis;  // at the last x, (layer, basis)
  std::optional<HalvesDecodability> halves;  // where bases overlap
  BasisPatching patching;
  // In standard errors of paired differences, by examples.
  std::vector<double> mixture_over_oracle, blind_over_mixture;
  Emergence emergence;
  weft::TrainingState training;
  double seconds;
};

// Trains and measures. Saves the weights.
RegressionFindings run_regression(const Run& run, const RegressionSettings& settings,
                                  const experiment::RunDirectory& directory);

// The mean decodability in a layer while the score was at or below 0; not a number if it never was.
double blind_decodability(const std::vector<RegressionCheckpoint>& checkpoints, std::size_t layer);

void add_checks(experiment::Checks& checks, const RegressionFindings& findings,
                const RegressionSettings& settings);

// For config.json, summary.json, and figures.json, which has what the figures show besides.
nlohmann::ordered_json configuration_of(const RegressionSettings& settings,
                                        const RegressionLearner& learner);
nlohmann::ordered_json to_json(const RegressionFindings& findings);
nlohmann::ordered_json figures_of(const RegressionFindings& findings);

}  // namespace task_vectors
