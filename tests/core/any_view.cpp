#include <weft/core/any_view.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEST_CASE("a view of run-time extents reads and writes its elements row by row") {
  int memory[] = {1, 2, 3, 4, 5, 6};
  const AnyView<int> view(memory, {2, 3});
  CHECK(view.size() == 6);
  CHECK(view.rank() == 2);
  CHECK(view.extent(1) == 3);
  CHECK(view(0, 2) == 3);
  CHECK(view(1, 0) == 4);
  view(1, 2) = 60;
  CHECK(memory[5] == 60);
  CHECK(AnyView<const int>(memory, {6})(5) == 60);
}

TEST_CASE("a view without extents is one element, and one with a zero has none") {
  int memory[] = {7};
  CHECK(AnyView<int>(memory, {}).size() == 1);
  CHECK(AnyView<int>(memory, {})() == 7);
  CHECK(AnyView<int>(memory, {3, 0}).size() == 0);
}
