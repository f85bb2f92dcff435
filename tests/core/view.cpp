#include <weft/core/tensor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace weft;

namespace {

Tensor<int, 2, 3, 4> counting() {
  Tensor<int, 2, 3, 4> a;
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<int>(i);
  return a;
}

template <class V>
std::vector<int> elements(const V& view) {
  std::vector<int> result(view.size());
  copy_elements(view, result.data());
  return result;
}

}  // namespace

TEST_CASE("a view of plain memory reads and writes it") {
  std::vector<float> memory{1, 2, 3, 4, 5, 6};
  View<float, dynamic, 3> view(memory.data(), 2);
  CHECK(view(1, 0) == 4);
  view(1, 2) = 60;
  CHECK(memory[5] == 60);
  CHECK(view.is_contiguous());
}

TEST_CASE("permuted axes exchange extents and strides") {
  auto a = counting();
  const auto view = a.view().permute<2, 0, 1>();
  CHECK(view.extents() == std::array<std::size_t, 3>{4, 2, 3});
  CHECK_FALSE(view.is_contiguous());
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 4; ++k) CHECK(view(k, i, j) == a(i, j, k));
  CHECK(elements(view.permute<1, 2, 0>()) == elements(a.view()));
}

TEST_CASE("a dynamic leading axis may stay in front of permuted ones") {
  Tensor<int, dynamic, 2, 3> a(2);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<int>(i);
  const auto view = a.view().permute<0, 2, 1>();
  CHECK(view.extents() == std::array<std::size_t, 3>{2, 3, 2});
  CHECK(elements(view) == std::vector<int>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11});
}

TEST_CASE("a slice takes part of one axis") {
  auto a = counting();
  const auto view = a.view().slice<1, 1, 2>();
  CHECK(view.extents() == std::array<std::size_t, 3>{2, 2, 4});
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      for (std::size_t k = 0; k < 4; ++k) CHECK(view(i, j, k) == a(i, j + 1, k));
  CHECK(elements(a.view().slice<0, 1, 1>()).front() == 12);
}

TEST_CASE("rows are a range of the leading axis known at run time") {
  auto a = counting();
  const auto view = a.view().rows(1, 1);
  CHECK(view.leading() == 1);
  CHECK(view.data() == a.data() + 12);
  CHECK(a.view().rows(2, 0).size() == 0);
  CHECK_THROWS_AS(a.view().rows(1, 2), Error);
  CHECK_THROWS_AS(a.view().rows(3, 0), Error);
  CHECK_THROWS_AS(a.view().rows(1, static_cast<std::size_t>(-1)), Error);
}

TEST_CASE("an index of the leading axis leaves the other axes") {
  auto a = counting();
  const auto row = a.view()[1];
  CHECK(row.extents() == std::array<std::size_t, 2>{3, 4});
  CHECK(row(2, 3) == 23);
  CHECK(row[2][3].item() == 23);
  CHECK(a.view().permute<2, 1, 0>()[3](1, 1) == a(1, 1, 3));
}

TEST_CASE("checked access of a view throws at an index out of range") {
  auto a = counting();
  const auto view = a.view().slice<2, 1, 2>();
  CHECK(view.at(1, 2, 1) == 22);
  CHECK_THROWS_AS(view.at(0, 0, 2), Error);
  CHECK_THROWS_AS(view.at(0, 3, 0), Error);
}

TEST_CASE("a view is contiguous when only axes of one element have odd strides") {
  int memory[6]{};
  CHECK(View<int, 2, 1, 3>(memory, 2, {3, 77, 1}).is_contiguous());
  CHECK_FALSE(View<int, 2, 1, 3>(memory, 2, {4, 3, 1}).is_contiguous());
  CHECK_FALSE(View<int, 3>(memory, 3, {2}).is_contiguous());
  CHECK(View<int, 1>(memory, 1, {5}).is_contiguous());
}

TEST_CASE("a view of mutable elements is a view of constant ones, not the other way round") {
  CHECK(std::is_convertible_v<View<int, 2>, View<const int, 2>>);
  CHECK_FALSE(std::is_convertible_v<View<const int, 2>, View<int, 2>>);
}

TEST_CASE("copying the elements of a view skips its gaps") {
  auto a = counting();
  CHECK(elements(a.view().slice<2, 1, 1>()) == std::vector<int>{1, 5, 9, 13, 17, 21});
  Tensor<int, 5> b{1, 2, 3, 4, 5};
  CHECK(elements(View<int, 3>(b.data(), 3, {2})) == std::vector<int>{1, 3, 5});
  Tensor<int> scalar = 7;
  CHECK(elements(scalar.view()) == std::vector<int>{7});
}
