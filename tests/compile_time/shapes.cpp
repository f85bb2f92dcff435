#include <weft/weft.hpp>

// The training step of one model in SHAPES shapes, from 1 to 11; budgets.cpp compiles it.

using namespace weft;

template <std::size_t width>
struct Classifier {
  nn::Linear<8 * width, width> hidden;
  nn::Linear<width, 10> output;

  auto operator()(auto x) const { return output(relu(hidden(x))); }
  void visit(auto&& visitor) {
    visitor("hidden", hidden);
    visitor("output", output);
  }
};

template <std::size_t... Index>
float train(std::index_sequence<Index...>) {
  const auto step = []<std::size_t width>(std::integral_constant<std::size_t, width>) {
    auto model = init<Classifier<width>>(Random{1});
    AdamW optimizer{model};
    const Tensor<float, dynamic, 8 * width> images(8);
    const Tensor<int, dynamic> labels(8);
    Tape tape;
    const auto loss = cross_entropy(model(tape.constant(images)), labels);
    tape.backward(loss);
    optimizer.step(tape);
    return loss.item();
  };
  return (step(std::integral_constant<std::size_t, 16 * (Index + 1)>{}) + ...);
}

int main() { return train(std::make_index_sequence<SHAPES>{}) > 0 ? 0 : 1; }
