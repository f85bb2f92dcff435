#include "regression_settings.hpp"
#include "regressor_learner.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize size{.dimensions = 8, .rank = 2, .bases = 4, .pairs = 10};
constexpr weft::nn::TransformerConfig network{.width = 64, .heads = 4, .layers = 4};

template <RegressionSize Size>
RegressionSettings settings_of(const char* bases) {
  return {.bases = bases,
          .size = Size,
          .batch = 64,
          .learning_rate = 1e-3,
          .steps = 100000,
          .basis_steps = 1500,
          .blind_steps = 3000,
          .evaluate_every = 500,
          .curve_sequences = 1000,
          .sequences_per_basis = 100,
          .check_sequences = 10000,
          .make_learner = make_regressor<Size, network>};
}

}  // namespace

// About ten minutes on 2 cores, by the speed of a shorter run; nobody has run it to its end.
std::vector<RegressionSettings> default_regressions() {
  return {settings_of<size>("four"),
          settings_of<six_bases(size)>("six"),
          settings_of<overlapping_bases(size)>("overlapping"),
          settings_of<interleaved(size)>("four"),
          settings_of<six_bases(interleaved(size))>("six"),
          settings_of<overlapping_bases(interleaved(size))>("overlapping")};
}

}  // namespace task_vectors
