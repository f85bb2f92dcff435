// error: weft: this operation has no backward; take stop_gradient() of its operands
// shows: Round

#include <weft/ops/operation.hpp>

#include <cmath>

struct Round {
  static constexpr const char* name = "round";
  void forward(weft::Memory&, auto y, auto x) const {
    for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] = std::round(x.data()[i]);
  }
};

int main() {
  weft::Tensor<float, 2, 3> value;
  weft::Tape tape;
#ifdef WRONG
  auto x = tape.variable(value);
#else
  const auto& x = value;
#endif
  return static_cast<int>(weft::apply_like(Round{}, x).size());
}
