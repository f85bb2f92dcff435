// Learns which arm of a three-armed spiral a point lies on.
#include <weft/weft.hpp>

#include <cmath>
#include <cstdio>

using namespace weft;

struct Classifier {
  nn::Linear<2, 64> first;
  nn::Linear<64, 64> second;
  nn::Linear<64, 3> output;

  auto operator()(const auto& x) const { return output(relu(second(relu(first(x))))); }
  void visit(auto&& visitor) {
    visitor("first", first);
    visitor("second", second);
    visitor("output", output);
  }
};

struct Points {
  Tensor<float, dynamic, 2> positions;
  Tensor<int, dynamic> arms;
};

Points spiral(std::size_t count, Random random) {
  Points points{Tensor<float, dynamic, 2>(count), Tensor<int, dynamic>(count)};
  for (std::size_t i = 0; i < count; ++i) {
    const int arm = static_cast<int>(random.integer(3));
    const float radius = random.uniform();
    const float angle = 2.1f * static_cast<float>(arm) + 5 * radius + 0.2f * random.normal();
    points.positions(i, 0) = radius * std::cos(angle);
    points.positions(i, 1) = radius * std::sin(angle);
    points.arms(i) = arm;
  }
  return points;
}

int main() try {
  print_environment(1);  // what this is built for and runs on; one thread
  const Random random{42};
  Classifier model = init<Classifier>(random.fork("weights"));
  AdamW optimizer{model, {.learning_rate = 3e-3f}};

  Tape tape;  // keeps its memory from step to step
  for (unsigned step = 0; step < 1000; ++step) {
    const Points batch = spiral(256, random.fork("training", step));
    auto loss = cross_entropy(model(tape.constant(batch.positions)), batch.arms);
    tape.backward(loss);
    optimizer.step(tape);
    if (step % 200 == 0) std::printf("step %4u  loss %.3f\n", step, loss.item());
    tape.reset();
  }

  const Points test = spiral(10000, random.fork("test"));
  const auto predicted = argmax(model(test.positions));
  int hits = 0;
  for (std::size_t i = 0; i < 10000; ++i) hits += predicted(i) == test.arms(i);
  std::printf("accuracy on 10000 new points: %.1f %%\n", hits / 100.0);
  save_safetensors("classifier.safetensors", model);
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
