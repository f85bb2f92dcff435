// error: deleted
// shows: operator[]

#include <weft/core/tensor.hpp>

int main() {
  weft::Tensor<float, 2, 3> kept;
#ifdef WRONG
  auto row = weft::Tensor<float, 2, 3>()[0];
#else
  auto row = kept[0];
#endif
  return static_cast<int>(row.size());
}
