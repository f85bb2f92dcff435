#include "regression_kinds.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize size{.dimensions = 8, .rank = 2, .bases = 4, .pairs = 10};
constexpr weft::nn::TransformerConfig network{.width = 64, .heads = 4, .layers = 4};

}  // namespace

// 20 minutes of one core.
std::vector<RegressionSettings> default_regressions() {
  return with_all_bases<size, network>({.batch = 64,
                                        .learning_rate = 1e-3,
                                        .steps = 100000,
                                        .decay_steps = 40000,
                                        .basis_steps = 1500,
                                        .blind_steps = 3000,
                                        .evaluate_every = 500,
                                        .curve_sequences = 1000,
                                        .sequences_per_basis = 100,
                                        .check_sequences = 10000});
}

}  // namespace task_vectors
