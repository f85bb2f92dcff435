#include "worker.hpp"

#include <benchmarks/shapes.hpp>

#include <weft/io/json.hpp>
#include <weft/io/npy.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/lanes.hpp>

#include <cmath>
#include <filesystem>
#include <string_view>

// The training that is compared, in weft: a transformer with attention only, all positions in the
// loss, clipping and AdamW, through the public interface.
//
//   compare_training SHAPE THREADS FOLDER
//
// writes the first weights and the batches to the folder, an .npy each, with shape.json, and then
// answers "losses K", the loss of each of the next K steps, and "time K", the seconds of K steps.

namespace {

using namespace weft;

constexpr std::size_t batches = 20;  // after which they come again

template <nn::TransformerConfig Config>
class Training {
 public:
  Training(std::size_t batch, int threads)
      : batch_(batch), lanes_(model_, {.threads = threads}) {
    // A token and the one before it tell the target, so that there is something to learn.
    constexpr int vocabulary = Config.vocabulary;
    Random random = random_.fork("tokens");
    int previous = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const int token = static_cast<int>(random.integer(vocabulary));
      tokens_.data()[i] = token;
      targets_.data()[i] = (token + previous / 2) % vocabulary;
      previous = token;
    }
  }

  void write(const std::string& folder) const {
    std::filesystem::create_directories(folder + "/weights");
    for_each_parameter(model_, [&](const std::string& path, const auto& parameter) {
      save_npy(folder + "/weights/" + path + ".npy", parameter.value);
    });
    save_npy(folder + "/tokens.npy", tokens_);
    save_npy(folder + "/targets.npy", targets_);
    const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
    write_file(folder + "/shape.json",
               json::write(json::Object{{"vocabulary", number(Config.vocabulary)},
                                        {"positions", number(Config.positions)},
                                        {"width", number(Config.width)},
                                        {"heads", number(Config.heads)},
                                        {"layers", number(Config.layers)},
                                        {"batch", number(batch_)}}));
  }

  float step() {
    const std::size_t first = step_++ % batches * batch_;
    const float loss =
        lanes_.step(batch_, [&](Tape& tape, std::size_t begin, std::size_t count) {
          return cross_entropy(model_(tape.constant(tokens_.view().rows(first + begin, count))),
                               targets_.view().rows(first + begin, count));
        }).loss;
    optimizer_.step(lanes_);
    return loss;
  }

  int serve() {
    return compare::serve([&](std::istream& words, std::ostream& reply) {
      std::string command;
      std::size_t count = 0;
      words >> command >> count;
      if (command == "time") reply << compare::seconds_of(count, [&] { step(); });
      else
        for (std::size_t i = 0; i < count; ++i) reply << step() << ' ';
    });
  }

 private:
  using Tokens = Tensor<int, dynamic, Config.positions>;

  // Large, as is the learning rate, so that 20 steps show it if clipping or optimiser differed.
  static nn::TransformerInit first_weights() {
    const double deviation = 1 / std::sqrt(static_cast<double>(Config.width));
    return {.embedding = 1.5,
            .position = 0.3,
            .query = deviation,
            .key = deviation,
            .value = deviation,
            .attention_output = 0.5 * deviation,
            .unembedding = 3 * deviation};
  }

  Random random_{1};
  std::size_t batch_, step_ = 0;
  Tokens tokens_{batches * batch_}, targets_{batches * batch_};  // (batch, position), one by one
  nn::Transformer<Config> model_ =
      init<nn::Transformer<Config>>(random_.fork("model"), first_weights());
  AdamW<float> optimizer_{model_, {.learning_rate = 3e-3, .clip_norm = 1}};
  Lanes lanes_;
};

template <const benchmarks::Shape& shape>
int run(int threads, const std::string& folder) {
  Training<shape.config> training(shape.batch, threads);
  training.write(folder);
  return training.serve();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view shape = argc == 4 ? argv[1] : "";
  const int threads = argc == 4 ? std::atoi(argv[2]) : 0;
  if (shape == "contextual_recall") return run<benchmarks::recall_shape>(threads, argv[3]);
  if (shape == "d128") return run<benchmarks::d128_shape>(threads, argv[3]);
  if (shape == "d256") return run<benchmarks::d256_shape>(threads, argv[3]);
  std::fprintf(stderr, "usage: compare_training contextual_recall|d128|d256 THREADS FOLDER\n");
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "compare_training: %s\n", error.what());
  return 1;
}
