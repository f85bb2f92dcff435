#pragma once

#include <benchmarks/shapes.hpp>

#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <functional>
#include <utility>

// The training that is measured: all positions in the loss, clipping and AdamW, through the public
// interface.

namespace benchmarks {

// What a training starts from.
template <weft::nn::TransformerConfig Config>
struct Start {
  using Model = weft::nn::Transformer<Config>;
  using Tokens = weft::Tensor<int, weft::dynamic, Config.positions>;

  std::size_t batch;       // sequences a step
  Tokens tokens, targets;  // batch after batch; they come again after the last
  Model model;
  weft::AdamWOptions optimizer = {.learning_rate = 1e-3, .clip_norm = 1};
  std::function<double(std::size_t step)> schedule{};  // factor of the learning rate; unset: 1
};

// One batch of random tokens.
template <weft::nn::TransformerConfig Config>
Start<Config> random_start(std::size_t batch) {
  using S = Start<Config>;
  S start{batch, typename S::Tokens(batch), typename S::Tokens(batch),
          weft::init<typename S::Model>(weft::Random(1).fork("model"))};
  weft::Random random(1);
  for (int& token : start.tokens) token = static_cast<int>(random.integer(Config.vocabulary));
  for (int& target : start.targets) target = static_cast<int>(random.integer(Config.vocabulary));
  return start;
}

template <weft::nn::TransformerConfig Config>
class Training {
 public:
  Training(Start<Config> start, int threads)
      : start_(std::move(start)),
        optimizer_(start_.model, start_.optimizer),
        lanes_(start_.model, {.threads = threads}) {}
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  // Returns the mean loss of the batch.
  float step() {
    const std::size_t first = step_ * start_.batch % start_.tokens.leading();
    const auto result =
        lanes_.step(start_.batch, [&](weft::Tape& tape, std::size_t begin, std::size_t count) {
          return loss(tape, first + begin, count);
        });
    if (start_.schedule)
      optimizer_.learning_rate = start_.optimizer.learning_rate * start_.schedule(step_);
    optimizer_.step(lanes_);
    ++step_;
    return result.loss;
  }

  // The mean loss of some rows of the data.
  auto loss(weft::Tape& tape, std::size_t begin, std::size_t count) const {
    return weft::cross_entropy(
        start_.model(tape.constant(start_.tokens.view().rows(begin, count))),
        start_.targets.view().rows(begin, count));
  }

  std::size_t steps() const { return step_; }
  std::size_t microbatch() const { return lanes_.microbatch(); }

 private:
  Start<Config> start_;
  weft::AdamW<float> optimizer_;
  weft::Lanes lanes_;
  std::size_t step_ = 0;
};

}  // namespace benchmarks
