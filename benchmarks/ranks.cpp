#include <weft/distributed/mpi.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

// What a training step costs on several ranks, and what it would on 2 to 64 machines:
//
//   ranks            mpirun -n 2 ranks            mpirun -n 4 ranks
//
// Each rank has one thread. The model and the batch are those of contextual_recall's pretraining.
// A step is what a training with checkpoints makes of it: lanes, the optimizer, and a round in
// which the ranks agree whether to stop. It is timed as a whole and in its parts. On K machines it
// is predicted as
//
//   T(K) = lanes / K + rest + log2(K) (messages latency + bytes / bandwidth + bytes / adding)
//
// for K up to the number of lanes, from what one process measures: lanes, forward and backward of
// the whole batch; rest, the optimizer; messages, how many go to each rank that is exchanged with;
// bytes, of all gradients; adding, bytes a second that are added to others.

namespace {

using namespace weft;

constexpr nn::TransformerConfig config{.vocabulary = 118,
                                       .positions = 24,
                                       .width = 64,
                                       .heads = 4,
                                       .layers = 2,
                                       .mlp = false,
                                       .norm = false,
                                       .bias = false};
constexpr std::size_t rows = 128, steps = 200;

// The step that other programs disturbed least.
double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Seconds of a step, the median, and of its parts, the least; and what went to other ranks.
struct Cost {
  double step = 0, lanes = 0, exchange = 0, rest = 0;
  std::size_t messages = 0, bytes = 0;
};

Cost measure(const Communicator& communicator, std::size_t& gradient_bytes) {
  Cost now;
  Communicator counted = communicator;
  counted.exchange = [&](std::size_t other, const void* sent, void* received, std::size_t bytes) {
    const double start = detail::seconds_now();
    communicator.exchange(other, sent, received, bytes);
    now.exchange += detail::seconds_now() - start;
    ++now.messages;
    now.bytes += bytes;
  };
  using Model = nn::Transformer<config>;
  Model model = init<Model>(Random(1));
  for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    gradient_bytes += parameter.value.size() * sizeof(float);
  });
  AdamW optimizer{model, {.clip_norm = 1}};
  Lanes lanes{model, {.threads = 1, .communicator = counted}};
  Tensor<int, dynamic, config.positions> tokens{rows};
  Random random(2);
  for (int& token : tokens) token = static_cast<int>(random.integer(config.vocabulary));
  std::vector<char> answers(communicator.ranks);
  std::vector<double> of_steps, of_lanes, of_exchange, of_rest;
  for (std::size_t step = 0; step < steps; ++step) {
    now = {};
    const double start = detail::seconds_now();
    lanes.step(rows, [&](Tape& tape, std::size_t begin, std::size_t count) {
      const auto batch = tokens.view().rows(begin, count);
      return cross_entropy(model(tape.constant(batch)), batch);
    });
    const double middle = detail::seconds_now();
    of_lanes.push_back(middle - start - now.exchange);
    optimizer.step(lanes);
    of_rest.push_back(detail::seconds_now() - middle);
    answers[communicator.rank] = 0;  // whether it is asked to stop
    all_gather(counted, answers.data(), 1);
    of_exchange.push_back(now.exchange);
    of_steps.push_back(detail::seconds_now() - start);
  }
  return {median(of_steps), least(of_lanes), least(of_exchange), least(of_rest),
          now.messages,     now.bytes};
}

// Bytes a second of a sum of gradients.
double adding_speed(std::size_t bytes) {
  std::vector<float> a(bytes / sizeof(float)), b(a.size());
  std::vector<double> seconds;
  for (std::size_t i = 0; i < steps; ++i) {
    const double start = detail::seconds_now();
    kernels::copy(a.size(), b.data(), a.data(), Write::add);
    seconds.push_back(detail::seconds_now() - start);
  }
  return static_cast<double>(bytes) / least(seconds);
}

void predict(const Cost& one, std::size_t bytes) {
  struct Network {
    const char* name;
    double latency, bandwidth;  // seconds, bytes a second
  };
  constexpr double messages = 4;  // reports, losses, gradients, whether to stop
  const double size = static_cast<double>(bytes), adding = adding_speed(bytes);
  std::printf("\n%zu bytes of gradients, added at %.1f GB/s\n\n| machines |", bytes, adding / 1e9);
  const Network networks[] = {{"10 Gb/s, 30 us", 30e-6, 1.25e9}, {"100 Gb/s, 2 us", 2e-6, 12.5e9}};
  for (const Network& network : networks) std::printf(" %s | times as fast |", network.name);
  std::printf("\n|---|---|---|---|---|\n");
  for (int machines = 1; machines <= 64; machines *= 2) {
    std::printf("| %d |", machines);
    for (const Network& network : networks) {
      const double round = messages * network.latency + size / network.bandwidth + size / adding;
      const double time = one.lanes / machines + one.rest + std::log2(machines) * round;
      std::printf(" %.2f ms | %.1f |", 1e3 * time, (one.lanes + one.rest) / time);
    }
    std::printf("\n");
  }
}

}  // namespace

int main() {
  const Mpi mpi;
  const Communicator all = mpi.communicator();
  std::size_t bytes = 0;
  const Cost cost = measure(all, bytes);
  if (all.rank > 0) return 0;
  std::printf("%zu ranks: %.2f ms a step; %.2f in parts: lanes %.2f, exchange %.2f, rest %.2f; "
              "%zu messages, %zu bytes\n",
              all.ranks, 1e3 * cost.step, 1e3 * (cost.lanes + cost.exchange + cost.rest),
              1e3 * cost.lanes, 1e3 * cost.exchange, 1e3 * cost.rest, cost.messages, cost.bytes);
  if (all.ranks == 1) predict(cost, bytes);
}
