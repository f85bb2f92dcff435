#include <weft/autograd/parameter_cache.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEST_CASE("what is made of a parameter is made once for each key until the cache is cleared") {
  ParameterCache cache;
  const float first[2] = {1, 2}, second[2] = {3, 4};
  int made = 0;
  const auto doubled = [&](const float* parameter, int key) {
    return cache.get(parameter, key, 2, [&](float* target) {
      for (int i = 0; i < 2; ++i) target[i] = 2 * parameter[i];
      ++made;
    });
  };
  const float* of_first = doubled(first, 0);
  const float* of_second = doubled(second, 0);
  const float* again = doubled(first, 1);
  CHECK(made == 3);
  for (int round = 0; round < 3; ++round) {
    CHECK(doubled(second, 0) == of_second);
    CHECK(doubled(first, 0) == of_first);
    CHECK(doubled(first, 1) == again);
  }
  CHECK(made == 3);
  CHECK(of_first != again);
  CHECK((of_first[1] == 4 && of_second[0] == 6 && again[0] == 2));

  cache.clear();
  CHECK(doubled(first, 0)[0] == 2);
  CHECK(made == 4);
}
