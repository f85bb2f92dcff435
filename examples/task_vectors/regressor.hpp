#pragma once

#include "../experiment/first_values.hpp"

#include <weft/nn/block.hpp>
#include <weft/nn/embedding.hpp>
#include <weft/nn/linear.hpp>
#include <weft/ops/add.hpp>
#include <weft/ops/reshape.hpp>

#include <array>

namespace task_vectors {

// A transformer on vectors: x (batch, position, feature) to a number for each position,
// (batch, position).
//   h = read_in(x) + positions;   h = block(h) for each layer;   y = read_out(ln_final(h)).
// Garg et al. 2022, arXiv 2208.01066, section 2.2. config.vocabulary is not looked at.
template <weft::nn::TransformerConfig config, std::size_t Features>
struct Regressor {
  using element_type = float;
  using Positions = weft::nn::Embedding<config.positions, config.width>;

  weft::nn::Linear<Features, config.width> read_in;
  Positions pos_embed;
  std::array<weft::nn::Block<config>, config.layers> blocks;
  weft::nn::LayerNorm<config.width> ln_final;
  weft::nn::Linear<config.width, 1> read_out;

  template <weft::Operand X, class Probe = weft::NoProbe>
  auto operator()(const X& x, Probe&& probe = Probe{}) const {
    auto h = read_in(x) + pos_embed.weight;
    std::size_t layer = 0;
    for (const auto& block : blocks) h = block(h, probe, layer++);
    return weft::reshape<weft::dynamic, config.positions>(read_out(ln_final(h)));
  }

  void initialize(const weft::Random& random) {
    experiment::first_values(config).template fill<float>(weft::parameters_of(*this), random);
    weft::nn::init::normal(1 / std::sqrt(double{Features}))(read_in.weight,
                                                            random.fork("read_in"));
    weft::nn::init::normal(0.02)(read_out.weight, random.fork("read_out"));
  }

  void visit(auto&& visitor) {
    visitor("read_in", read_in);
    visitor("pos_embed", pos_embed);
    visitor("blocks", blocks);
    visitor("ln_final", ln_final);
    visitor("read_out", read_out);
  }
};

}  // namespace task_vectors
