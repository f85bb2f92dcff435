#include <weft/train/communicator.hpp>

#include <weft/nn/parameter.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/scale.hpp>
#include <weft/train/lanes.hpp>

#include <tests/train/lane_steps.hpp>

#include <catch2/catch_test_macros.hpp>

#include <condition_variable>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace weft;
using weft_tests::Samples;

namespace {

// Threads of this process that stand in for processes.
class Ranks {
 public:
  explicit Ranks(std::size_t ranks) : ranks_(ranks) {}

  Communicator communicator(std::size_t rank) {
    return {rank, ranks_,
            [this, rank](std::size_t other, const void* sent, void* received, std::size_t bytes) {
              exchange(rank, other, sent, received, bytes);
            }};
  }

  // Calls function(communicator) on all of them.
  template <class Function>
  void run(Function function) {
    std::vector<std::thread> threads;
    for (std::size_t rank = 0; rank < ranks_; ++rank)
      threads.emplace_back([&, rank] { function(communicator(rank)); });
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void exchange(std::size_t rank, std::size_t other, const void* sent, void* received,
                std::size_t bytes) {
    const auto* data = static_cast<const char*>(sent);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !messages_.contains({rank, other}); });
    messages_[{rank, other}].assign(data, data + bytes);
    changed_.notify_all();
    changed_.wait(lock, [&] { return messages_.contains({other, rank}); });
    const auto message = messages_.find({other, rank});
    std::memcpy(received, message->second.data(), bytes);
    messages_.erase(message);
    changed_.notify_all();
  }

  std::size_t ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<char>> messages_;  // from, to
};

struct Classifier {
  nn::Parameter<float, 5, 33> hidden;
  nn::Parameter<float, 33, 7> output;
  nn::Parameter<float, 9> unused;

  Classifier() {
    Random random(7);
    random.normal(hidden.value, 0, 0.5);
    random.normal(output.value, 0, 0.5);
  }
  void visit(auto&& visitor) {
    visitor("hidden", hidden);
    visitor("output", output);
    visitor("unused", unused);
  }
};

// Losses and gradients after steps with so many rows each, without clearing in between.
std::vector<float> numbers_after(const std::vector<std::size_t>& steps,
                                 const Communicator& communicator) {
  const Classifier model;
  Lanes lanes{model, {.microbatch = 2, .threads = 2, .communicator = communicator}};
  std::vector<float> numbers;
  for (const std::size_t rows : steps) {
    const Samples samples(rows);
    numbers.push_back(
        lanes.step(rows, [&](Tape& tape, std::size_t begin, std::size_t count) {
               const auto x = tape.constant(samples.inputs.view().rows(begin, count));
               return cross_entropy(matmul(matmul(x, model.hidden), model.output),
                                    samples.labels.view().rows(begin, count));
             }).loss);
  }
  for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    const float* gradient = lanes.gradients().collected(parameter.value.data());
    if (!gradient) numbers.push_back(static_cast<float>(path.size()));
    else numbers.insert(numbers.end(), gradient, gradient + parameter.value.size());
  });
  return numbers;
}

std::string message_of(auto&& function) {
  try {
    function();
  } catch (const Error& problem) {
    return problem.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every rank gets what all have") {
  for (const std::size_t count : {1u, 2u, 4u, 8u}) {
    Ranks ranks(count);
    std::vector<std::vector<int>> found(count, std::vector<int>(2 * count));
    ranks.run([&](const Communicator& communicator) {
      std::vector<int>& own = found[communicator.rank];
      for (std::size_t i = 0; i < 2; ++i)
        own[2 * communicator.rank + i] = static_cast<int>(10 * communicator.rank + i);
      all_gather(communicator, own.data(), 2);
    });
    for (const auto& own : found) {
      CHECK(own == found[0]);
      CHECK(own.back() == static_cast<int>(10 * (count - 1) + 1));
    }
  }
}

TEST_CASE("any number of ranks gives the bits of one process") {
  // Fewer rows than lanes, one for each, and more; gradients that add up over steps.
  for (const auto& steps : {std::vector<std::size_t>{1}, {3}, {16}, {37}, {64}, {64, 5, 37}}) {
    const std::vector<float> alone = numbers_after(steps, {});
    for (const std::size_t count : {2u, 4u, 8u, 16u}) {
      CAPTURE(steps.front(), count);
      Ranks ranks(count);
      std::vector<std::vector<float>> found(count);
      ranks.run([&](const Communicator& communicator) {
        found[communicator.rank] = numbers_after(steps, communicator);
      });
      for (const auto& numbers : found) CHECK(numbers == alone);
    }
  }
}

TEST_CASE("a number of ranks that does not share the lanes out is refused") {
  const Classifier model;
  const auto message = [&](std::size_t count) {
    Ranks ranks(count);
    return message_of([&] { Lanes{model, {.communicator = ranks.communicator(0)}}; });
  };
  CHECK(message(3) == "[Lanes] the number of ranks must be a power of two, and at most that of "
                      "lanes: 3 ranks, 16 lanes");
  CHECK(message(32) == "[Lanes] the number of ranks must be a power of two, and at most that of "
                       "lanes: 32 ranks, 16 lanes");
  CHECK(message(16).empty());
}

TEST_CASE("what a lane of one rank throws, all throw, and can go on") {
  Ranks ranks(4);
  std::vector<std::string> messages(4);
  std::vector<float> losses(4);
  ranks.run([&](const Communicator& communicator) {
    const Classifier model;
    const Samples samples(32);
    Lanes lanes{model, {.threads = 1, .communicator = communicator}};
    bool is_bad = true;
    const auto loss = [&](Tape& tape, std::size_t begin, std::size_t count) {
      const auto x = tape.constant(samples.inputs.view().rows(begin, count));
      const auto mean = cross_entropy(matmul(matmul(x, model.hidden), model.output),
                                      samples.labels.view().rows(begin, count));
      // Rows 20 and 28 are of the lanes of ranks 2 and 3.
      const bool is_broken = is_bad && (begin == 20 || begin == 28);
      return scale(mean, is_broken ? std::numeric_limits<float>::quiet_NaN() : 1.0f);
    };
    messages[communicator.rank] = message_of([&] { lanes.step(32, loss); });
    is_bad = false;
    losses[communicator.rank] = lanes.step(32, loss).loss;
  });
  CHECK(messages[2].find("rows 20 to 21") != std::string::npos);
  for (std::size_t rank = 0; rank < 4; ++rank) {
    CHECK(messages[rank] == messages[2]);
    CHECK(losses[rank] == losses[0]);
    CHECK(losses[rank] > 0);
  }
}

TEST_CASE("what one rank throws that is no Error reaches all") {
  Ranks ranks(2);
  std::vector<std::string> messages(2);
  ranks.run([&](const Communicator& communicator) {
    const Classifier model;
    const Samples samples(32);
    Lanes lanes{model, {.microbatch = 1, .threads = 1, .communicator = communicator}};
    messages[communicator.rank] = message_of([&] {
      lanes.step(32, [&](Tape& tape, std::size_t begin, std::size_t count) {
        if (begin == 20) throw std::length_error("of row 20");
        const auto x = tape.constant(samples.inputs.view().rows(begin, count));
        return cross_entropy(matmul(matmul(x, model.hidden), model.output),
                             samples.labels.view().rows(begin, count));
      });
    });
  });
  CHECK(messages == std::vector<std::string>{"of row 20", "of row 20"});
}

TEST_CASE("ranks that are at different steps are refused") {
  Ranks ranks(2);
  std::vector<std::string> messages(2);
  ranks.run([&](const Communicator& communicator) {
    const Classifier model;
    const Samples samples(16);
    Lanes lanes{model, {.microbatch = 1, .threads = 1, .communicator = communicator}};
    lanes.set_next_step(communicator.rank);
    messages[communicator.rank] = message_of([&] {
      lanes.step(16, [&](Tape& tape, std::size_t begin, std::size_t count) {
        const auto x = tape.constant(samples.inputs.view().rows(begin, count));
        return cross_entropy(matmul(matmul(x, model.hidden), model.output),
                             samples.labels.view().rows(begin, count));
      });
    });
  });
  CHECK(messages[0] == "[step] all ranks must be at the same step: 0 and 1");
  CHECK(messages[1] == "[step] all ranks must be at the same step: 1 and 0");
}
