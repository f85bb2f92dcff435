// error: weft: attention<Heads>(q, k, v) needs elements of float in all, or of double

#include <weft/ops/attention.hpp>

using namespace weft;

int main() {
  Tensor<float, dynamic, 5, 8> q(2), k(2);
#ifdef WRONG
  Tensor<double, dynamic, 5, 8> v(2);
#else
  Tensor<float, dynamic, 5, 8> v(2);
#endif
  return static_cast<int>(attention<2>(q, k, v).size());
}
