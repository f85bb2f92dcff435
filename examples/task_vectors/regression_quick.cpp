#include "regression_settings.hpp"
#include "regressor_learner.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize size{.dimensions = 4, .rank = 1, .bases = 4, .pairs = 6};
constexpr weft::nn::TransformerConfig network{.width = 32, .heads = 2, .layers = 2};

template <RegressionSize Size>
RegressionSettings settings_of(const char* bases) {
  return {.bases = bases,
          .size = Size,
          .batch = 32,
          .learning_rate = 2e-3,
          .steps = 200,
          .basis_steps = 25,
          .blind_steps = 50,
          .evaluate_every = 50,
          .curve_sequences = 300,
          .sequences_per_basis = 30,
          .check_sequences = 2000,
          .make_learner = make_regressor<Size, network>};
}

}  // namespace

// Seconds; to see that everything works.
std::vector<RegressionSettings> quick_regressions() {
  return {settings_of<size>("four"),
          settings_of<six_bases(size)>("six"),
          settings_of<overlapping_bases(size)>("overlapping"),
          settings_of<interleaved(size)>("four"),
          settings_of<six_bases(interleaved(size))>("six"),
          settings_of<overlapping_bases(interleaved(size))>("overlapping")};
}

}  // namespace task_vectors
