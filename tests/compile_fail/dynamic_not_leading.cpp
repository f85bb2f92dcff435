// error: weft: only the leading extent of a shape may be dynamic

#include <weft/core/tensor.hpp>

int main() {
#ifdef WRONG
  using Batch = weft::Tensor<float, 3, weft::dynamic>;
#else
  using Batch = weft::Tensor<float, weft::dynamic, 3>;
#endif
  return static_cast<int>(Batch().size());
}
