// error: weft: matmul(a, b) needs elements of float in both, or of double

#include <weft/ops/matmul.hpp>

using namespace weft;

int main() {
  Tensor<float, 2, 3> a;
#ifdef WRONG
  Tensor<double, 3, 4> b;
#else
  Tensor<float, 3, 4> b;
#endif
  return static_cast<int>(matmul(a, b).size());
}
