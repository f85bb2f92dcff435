#include <weft/core/shape.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEST_CASE("a shape knows its rank, leading extent, tail and last extent") {
  using S = Shape<4, 3, 5>;
  CHECK(S::rank == 3);
  CHECK(S::leading == 4);
  CHECK(S::tail == 15);
  CHECK(S::last == 5);
  CHECK_FALSE(S::is_dynamic);
}

TEST_CASE("the shape of a scalar has one element and no axis") {
  CHECK(Shape<>::rank == 0);
  CHECK(Shape<>::leading == 1);
  CHECK(Shape<>::tail == 1);
  CHECK(Shape<>::last == 1);
  CHECK(to_string(Shape<>{}) == "()");
}

TEST_CASE("a dynamic leading extent is filled in at run time") {
  using S = Shape<dynamic, 3>;
  CHECK(S::is_dynamic);
  CHECK(S::tail == 3);
  CHECK(extents_of<S>(7) == std::array<std::size_t, 2>{7, 3});
  CHECK(extents_of<Shape<2, 3>>(99) == std::array<std::size_t, 2>{2, 3});
}

TEST_CASE("a shape prints its extents, dynamic ones by name unless they are given") {
  CHECK(to_string(Shape<128, 24, 64>{}) == "(128, 24, 64)");
  CHECK(to_string(Shape<dynamic, 3>{}) == "(dynamic, 3)");
  CHECK(to_string(Shape<dynamic, 3>{}, 7) == "(7, 3)");
}

TEST_CASE("shapes are compatible when they may hold the same extents") {
  CHECK(compatible<Shape<2, 3>, Shape<2, 3>>);
  CHECK(compatible<Shape<dynamic, 3>, Shape<2, 3>>);
  CHECK(compatible<Shape<dynamic, 3>, Shape<dynamic, 3>>);
  CHECK_FALSE(compatible<Shape<2, 3>, Shape<3, 2>>);
  CHECK_FALSE(compatible<Shape<dynamic, 3>, Shape<2, 4>>);
  CHECK_FALSE(compatible<Shape<2, 3>, Shape<2, 3, 1>>);
}

TEST_CASE("make_shape computes each extent from its axis") {
  using S = make_shape<3, decltype([](std::size_t axis) { return 10 * axis + 1; })>;
  CHECK(std::is_same_v<S, Shape<1, 11, 21>>);
}

TEST_CASE("a shape as numbers has the extents in use") {
  const AnyShape open(Shape<dynamic, 3, 4>{}, 5);
  CHECK(open.rank() == 3);
  CHECK(open.leading() == 5);
  CHECK(open[0] == 5);
  CHECK(open[2] == 4);
  CHECK(open.size() == 60);
  CHECK(open.product(1, 3) == 12);
  CHECK(to_string(open) == "(5, 3, 4)");
  const AnyShape fixed(Shape<2, 3>{}, 9);  // the type knows better
  CHECK(fixed.leading() == 2);
  CHECK(fixed.size() == 6);
  const AnyShape scalar(Shape<>{});
  CHECK(scalar.rank() == 0);
  CHECK(scalar.size() == 1);
  CHECK(to_string(scalar) == "()");
}
