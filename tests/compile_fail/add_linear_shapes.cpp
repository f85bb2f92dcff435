// error: weft: add_linear(a, x, weight) needs an a of the shape of x W
// shows: Tensor<float, 2, 4>
// shows: Tensor<float, 4, 3>

#include <weft/ops/add_linear.hpp>

int main() {
  weft::Tensor<float, 2, 4> x;
  weft::Tensor<float, 4, 3> weight;
#ifdef WRONG
  weft::Tensor<float, 2, 4> a;
#else
  weft::Tensor<float, 2, 3> a;
#endif
  return static_cast<int>(add_linear(a, x, weight).size());
}
