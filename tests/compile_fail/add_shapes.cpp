// error: weft: the second operand must have the shape of the first
// shows: Tensor<float, 2, 3>
// shows: Tensor<float, 2>

#include <weft/ops/add.hpp>

int main() {
  weft::Tensor<float, 2, 3> a;
#ifdef WRONG
  weft::Tensor<float, 2> b;
#else
  weft::Tensor<float, 3> b;
#endif
  return static_cast<int>(add(a, b).size());
}
