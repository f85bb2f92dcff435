// error: deleted
// shows: view

#include <weft/core/tensor.hpp>

int main() {
  weft::Tensor<float, 2, 3> kept;
#ifdef WRONG
  auto view = weft::Tensor<float, 2, 3>().view();
#else
  auto view = kept.view();
#endif
  return static_cast<int>(view.size());
}
