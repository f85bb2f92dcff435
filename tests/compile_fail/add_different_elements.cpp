// error: weft: both operands need elements of float, or both of double
// shows: Tensor<float, 2, 3>
// shows: Tensor<double, 2, 3>

#include <weft/ops/add.hpp>

int main() {
  weft::Tensor<float, 2, 3> a;
#ifdef WRONG
  weft::Tensor<double, 2, 3> b;
#else
  weft::Tensor<float, 2, 3> b;
#endif
  return static_cast<int>(add(a, b).size());
}
