#include <weft/weft.hpp>

#include <cstdio>

// What a user's first program may look like. It also checks that it was built as it should be.
int main() {
  const weft::Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  const weft::Tensor<float, 3, 2> b{{1, 0}, {0, 1}, {1, 1}};
  const weft::Tensor<float, 2, 2> expected{{4, 5}, {10, 11}};
  std::printf("weft %d.%d.%d for %s, threads: %d\n", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR,
              WEFT_VERSION_PATCH, weft::instruction_set, weft::default_threads());
  return matmul(a, b) == expected ? 0 : 1;
}
