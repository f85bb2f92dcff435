#include "regression_kinds.hpp"

namespace task_vectors {

namespace {

constexpr RegressionSize size{
    .dimensions = 16, .rank = 4, .bases = 4, .pairs = 20, .format = Format::interleaved};
constexpr weft::nn::TransformerConfig network{.width = 256, .heads = 8, .layers = 12};

}  // namespace

// The paper's size, 9.5 million parameters. Days on 2 cores, by the speed of its first steps.
std::vector<RegressionSettings> paper_regressions() {
  return with_all_bases<size, network>({.batch = 128,
                                        .learning_rate = 1e-4,
                                        .steps = 80000,
                                        .evaluate_every = 800,
                                        .curve_sequences = 1000,
                                        .sequences_per_basis = 100,
                                        .check_sequences = 10000});
}

}  // namespace task_vectors
