// error: weft: linear(
// shows: 16
// shows: 24

#include <weft/nn/linear.hpp>

using namespace weft;

struct Readout {
#ifdef WRONG
  nn::Linear<24, 10> linear;
#else
  nn::Linear<16, 10> linear;
#endif
  auto operator()(auto x) const { return linear(x); }
};

struct Head {
  nn::Linear<12, 16> hidden;
  Readout readout;
  auto operator()(auto x) const { return readout(hidden(x)); }
};

struct Tower {
  Head head;
  auto operator()(auto x) const { return head(x); }
};

struct Model {
  Tower tower;
  auto operator()(auto x) const { return tower(x); }
};

int main() {
  Model model;
  Tape tape;
  Tensor<float, dynamic, 12> images(3);
  return static_cast<int>(model(tape.constant(images)).size());
}
