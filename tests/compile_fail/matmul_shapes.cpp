// error: weft: matmul(a, b) needs a of shape
// shows: Tensor<float, 2, 3>
// shows: Tensor<float, 4, 5>

#include <weft/ops/matmul.hpp>

int main() {
  weft::Tensor<float, 2, 3> a;
#ifdef WRONG
  weft::Tensor<float, 4, 5> b;
#else
  weft::Tensor<float, 3, 5> b;
#endif
  return static_cast<int>(matmul(a, b).size());
}
