#include <weft/ops/embedding.hpp>

#include <weft/nn/parameter.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// Ids of a table of this many rows; some come up more than once.
template <std::size_t... Extents>
auto ids_below(int rows, std::size_t leading = Shape<Extents...>::leading) {
  Tensor<int, Extents...> ids(uninitialized, leading);
  for (std::size_t i = 0; i < ids.size(); ++i)
    ids.data()[i] = static_cast<int>(i * i * 3 + i) % rows;
  return ids;
}

template <std::size_t Rows, std::size_t Columns, std::size_t... Extents>
void check(std::size_t leading = Shape<Extents...>::leading) {
  const auto ids = ids_below<Extents...>(static_cast<int>(Rows), leading);
  const auto table = numbers<double, Rows, Columns>(Rows * Columns);
  const auto y = embedding(ids, table);
  STATIC_CHECK(
      std::is_same_v<std::remove_const_t<decltype(y)>, Tensor<double, Extents..., Columns>>);
  REQUIRE(y.size() == ids.size() * Columns);
  bool all_right = true;
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t j = 0; j < Columns; ++j)
      all_right = all_right && y.data()[i * Columns + j] ==
                                   table(static_cast<std::size_t>(ids.data()[i]), j);
  CHECK(all_right);
  check_gradients([&](auto t) { return embedding(ids, t); }, table);
}

}  // namespace

TEST_CASE("embedding looks up rows, and its gradient adds up in them") {
  check<1, 1>();
  check<4, 3>();
  check<3, 9, 1>();
  check<3, 4, 2>();
  check<5, 1, 7>();
  check<5, 8, 6>();
  check<6, 17, 5>();
  check<4, 24, 9>();
  check<4, 3, dynamic>(5);
  check<7, 16, dynamic>(1);
  check<2, 33, dynamic>(4);
  check<4, 5, 2, 3>();
  check<9, 7, 4, 4>();
  check<3, 20, 1, 2>();
  check<5, 6, dynamic, 3>(2);
  check<5, 18, dynamic, 2>(3);
  check<4, 4, 2, 2, 2>();
  check<8, 5, 3, 1, 2>();
  check<3, 3, dynamic, 2, 2>(2);
  check<6, 9, dynamic, 1, 3>(2);
  check<5, 2, 2, 1, 2, 3>();
  check<5, 10, dynamic, 2, 1, 2>(2);
}

TEST_CASE("embedding of a table that is a view with gaps") {
  const auto ids = ids_below<dynamic, 2>(5, 3);
  auto wide = numbers<double, 5, 9>(1);
  const auto look_up = [&](const auto& table) { return embedding(ids, table); };
  CHECK(sees_through(look_up, wide.view().slice<1, 2, 5>()));
  auto turned = numbers<double, 4, 5>(2);
  CHECK(sees_through(look_up, turned.view().permute<1, 0>()));
}

TEST_CASE("gradients of embedding add up over two uses") {
  const auto ids = ids_below<7>(4);
  CHECK(two_uses_error([&](auto t) { return embedding(ids, t); }, numbers<double, 4, 9>(1)) <
        1e-14);
}

TEST_CASE("ids may be a view, a variable or a temporary, and the table a parameter") {
  Tensor<int, 2, 3> ids{{0, 1, 2}, {2, 2, 0}};
  const nn::Parameter<double, 3, 5> table{numbers<double, 3, 5>(1)};
  Tape tape;
  const auto expected = embedding(ids, table);
  const auto swapped = ids.view().permute<1, 0>();
  CHECK(embedding(swapped, table) == embedding(Tensor(swapped), table));
  const auto y = embedding(tape.constant(Tensor<int, 2, 3>{{0, 1, 2}, {2, 2, 0}}), table);
  CHECK(Tensor(y.value()) == expected);
  const auto z = embedding(Tensor<int, 2, 3>{{0, 1, 2}, {2, 2, 0}}, tape.parameter(table));
  std::fill_n(z.target().data, z.size(), 1.0);
  tape.backward();
  const double* gradient = tape.gradients().collected(table.value.data());
  REQUIRE(gradient);
  CHECK(gradient[0] == 2);
  CHECK(gradient[5] == 1);
  CHECK(gradient[10] == 3);
}

TEST_CASE("a row of a table with a dynamic number of rows") {
  const Tensor<float, dynamic, 2> table{{1, 2}, {3, 4}};
  CHECK(embedding(Tensor<int, 3>{1, 0, 1}, table) == Tensor<float, 3, 2>{{3, 4}, {1, 2}, {3, 4}});
}

TEST_CASE("an id that is no row is refused, with its value and position") {
  const Tensor<float, 4, 2> table;
  const auto message = [&](int id) {
    try {
      embedding(Tensor<int, 2, 2>{{0, 3}, {id, 0}}, table);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing thrown");
  };
  CHECK(message(4) == "[embedding] an id must be a row of the table: id 4 at 2, 4 rows");
  CHECK(message(-1).find("id -1 at 2") != std::string::npos);
  CHECK(message(3) == "nothing thrown");
}
