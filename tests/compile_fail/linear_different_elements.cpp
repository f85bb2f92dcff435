// error: weft: linear needs elements of float in x, weight and bias, or of double

#include <weft/nn/linear.hpp>

using namespace weft;

int main() {
#ifdef WRONG
  nn::Linear<8, 3, true, double> linear;
#else
  nn::Linear<8, 3, true, float> linear;
#endif
  Tensor<float, dynamic, 8> x(2);
  return static_cast<int>(linear(x).size());
}
