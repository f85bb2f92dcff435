#include "regression_settings.hpp"
#include "regressor_learner.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize paper{
    .dimensions = 16, .rank = 4, .bases = 4, .pairs = 20, .format = Format::interleaved};
constexpr weft::nn::TransformerConfig network{.width = 256, .heads = 8, .layers = 12};

template <RegressionSize Size>
RegressionSettings settings_of(const char* bases) {
  return {.bases = bases,
          .size = Size,
          .batch = 128,
          .learning_rate = 1e-4,
          .steps = 80000,
          .basis_steps = 0,
          .blind_steps = 0,
          .evaluate_every = 800,
          .curve_sequences = 1000,
          .sequences_per_basis = 100,
          .check_sequences = 10000,
          .make_learner = make_regressor<Size, network>};
}

}  // namespace

// The paper's size, 9.5 million parameters. Weeks on 2 cores.
std::vector<RegressionSettings> paper_regressions() {
  return {settings_of<paper>("four"),
          settings_of<six_bases(paper)>("six"),
          settings_of<overlapping_bases(paper)>("overlapping"),
          settings_of<packed(paper)>("four"),
          settings_of<six_bases(packed(paper))>("six"),
          settings_of<overlapping_bases(packed(paper))>("overlapping")};
}

}  // namespace task_vectors
