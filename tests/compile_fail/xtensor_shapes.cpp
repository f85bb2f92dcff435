// error: weft: the xtensor expression has another shape than the tensor
// shows: <2, 4>
// shows: <2, 3>

#include <weft/interop/xtensor.hpp>

int main() {
  weft::Tensor<float, 2, 3> a;
#ifdef WRONG
  weft::Tensor<float, 2, 4> b;
#else
  weft::Tensor<float, 2, 3> b;
#endif
  weft::assign(a, weft::as_xtensor(b) + 1.0f);
  return static_cast<int>(a.size());
}
