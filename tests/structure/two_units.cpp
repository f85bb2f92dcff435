#include <catch2/catch_test_macros.hpp>

#include <weft/weft.hpp>

#include "two_units.hpp"

// This file and two_units_other.cpp both include everything.

TEST_CASE("two files that include everything link, and use the same library") {
  CHECK(other_unit::instruction_set() == std::string(weft::instruction_set));
  const weft::Tensor<float, 2, 2> swap{{0, 1}, {1, 0}};
  CHECK(other_unit::squared(swap) == matmul(swap, swap));
}
