#include "regression_kinds.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize size{.dimensions = 4, .rank = 1, .bases = 4, .pairs = 6};
constexpr weft::nn::TransformerConfig network{.width = 32, .heads = 2, .layers = 2};

}  // namespace

// Seconds; to see that everything works.
std::vector<RegressionSettings> quick_regressions() {
  return with_all_bases<size, network>({.batch = 32,
                                        .learning_rate = 2e-3,
                                        .steps = 200,
                                        .decay_steps = 50,
                                        .basis_steps = 25,
                                        .blind_steps = 50,
                                        .evaluate_every = 50,
                                        .curve_sequences = 300,
                                        .sequences_per_basis = 30,
                                        .check_sequences = 2000});
}

}  // namespace task_vectors
