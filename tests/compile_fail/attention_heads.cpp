// error: weft: attention
// shows: Tensor<float, 2, 5, 22>

#include <weft/ops/attention.hpp>

int main() {
  weft::Tensor<float, 2, 5, 22> x;
#ifdef WRONG
  constexpr std::size_t heads = 4;
#else
  constexpr std::size_t heads = 2;
#endif
  return static_cast<int>(weft::attention<heads>(x, x, x).size());
}
