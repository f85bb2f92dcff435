// error: weft: cross_entropy(logits, targets) needs logits of shape
// shows: Tensor<float, 6, 11>
// shows: Tensor<int, 5>

#include <weft/ops/cross_entropy.hpp>

int main() {
  weft::Tensor<float, 6, 11> logits;
#ifdef WRONG
  weft::Tensor<int, 5> targets;
#else
  weft::Tensor<int, 6> targets;
#endif
  return static_cast<int>(cross_entropy(logits, targets).item());
}
