// error: weft: embedding(ids, table) needs int ids
// shows: Tensor<float, 5>
// shows: Tensor<float, 11, 4>

#include <weft/ops/embedding.hpp>

int main() {
  weft::Tensor<float, 11, 4> table;
#ifdef WRONG
  weft::Tensor<float, 5> ids;
#else
  weft::Tensor<int, 5> ids;
#endif
  return static_cast<int>(embedding(ids, table).size());
}
