#pragma once

#include "regression_learner.hpp"
#include "regression_task.hpp"

#include <string>
#include <vector>

namespace task_vectors {

// The regression experiment in one size, and the model that was compiled for it.
struct RegressionSettings {
  std::string bases = "four";  // or "six" or "overlapping"
  RegressionSize size = {};
  std::size_t batch = 0;  // sequences a step
  double learning_rate = 0;
  std::size_t steps = 0;
  // The last of them, over which the learning rate falls to a twentieth along a cosine.
  std::size_t decay_steps = 0;
  // Training starts with one basis and gets another one each so many steps. 0: all from the start.
  std::size_t basis_steps = 0;
  // Of a model beside it, if it does, that has all from the start. 0: none.
  std::size_t blind_steps = 0;
  std::size_t evaluate_every = 0;
  std::size_t curve_sequences = 0;      // of the evaluations
  std::size_t sequences_per_basis = 0;  // that decodability is measured on
  std::size_t check_sequences = 0;      // of the key figures and the references
  RegressionLearner (*make_learner)(const weft::Random& random, int threads) = nullptr;
};

// The file of the weights.
inline constexpr const char* regression_model = "model_regression.safetensors";

// Each kind of bases in each format, the preset's own format first. Defined in
// regression_<preset>.cpp.
std::vector<RegressionSettings> quick_regressions();
std::vector<RegressionSettings> default_regressions();
std::vector<RegressionSettings> paper_regressions();

inline const std::vector<std::string> base_kinds{"four", "six", "overlapping"};

// The same settings for other formats and bases, given those of four bases. Six bases have a rank
// more coordinates each; overlapping ones are eight in as many coordinates as four.
constexpr RegressionSize six_bases(RegressionSize size) {
  size.bases = 6;
  size.dimensions = 6 * size.rank;
  return size;
}
constexpr RegressionSize overlapping_bases(RegressionSize size) {
  size.bases = 8;
  size.overlapping = true;
  return size;
}
constexpr RegressionSize interleaved(RegressionSize size) {
  size.format = Format::interleaved;
  return size;
}
constexpr RegressionSize packed(RegressionSize size) {
  size.format = Format::packed;
  return size;
}

// How many bases a step of training draws from.
std::size_t bases_at(const RegressionSettings& settings, std::size_t step);

// A rise over warmup_steps, 1, and a fall to 0.05 over the last decay_steps.
double learning_rate_factor(const RegressionSettings& settings, std::size_t step);

}  // namespace task_vectors
