#include <weft/core/tensor.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <numeric>

using namespace weft;

namespace {

template <class T>
bool is_aligned(const T* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignment == 0;
}

template <class T>
concept has_view = requires(T&& tensor) { std::forward<T>(tensor).view(); };
template <class T>
concept has_rows = requires(T&& tensor) { std::forward<T>(tensor)[0]; };

}  // namespace

TEST_CASE("a new tensor is zeros") {
  Tensor<float, 3, 5> a;
  CHECK(a.size() == 15);
  CHECK(std::accumulate(a.begin(), a.end(), 0.0f) == 0.0f);
  Tensor<double, dynamic, 4> b(6);
  CHECK(b.leading() == 6);
  CHECK(b.size() == 24);
  CHECK(std::accumulate(b.begin(), b.end(), 0.0) == 0.0);
}

TEST_CASE("a dynamic tensor starts without rows") {
  Tensor<float, dynamic, 4> a;
  CHECK(a.leading() == 0);
  CHECK(a.size() == 0);
  CHECK(a.begin() == a.end());
}

TEST_CASE("nested braces give the elements row by row") {
  Tensor<int, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  for (int i = 0; i < 6; ++i) CHECK(a.data()[i] == i + 1);
  CHECK(a(1, 0) == 4);
  Tensor<int, 2, 2, 2> b{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  CHECK(b(1, 0, 1) == 6);
  Tensor<int, dynamic, 2> c{{1, 2}, {3, 4}, {5, 6}};
  CHECK(c.leading() == 3);
  CHECK(c(2, 1) == 6);
}

TEST_CASE("a list of another length than its axis is an error") {
  CHECK_THROWS_AS((Tensor<int, 2, 3>{{1, 2, 3}, {4, 5}}), Error);
  CHECK_THROWS_AS((Tensor<int, 2, 3>{{1, 2, 3}}), Error);
  CHECK_THROWS_AS((Tensor<int, dynamic, 2>{{1, 2}, {3, 4, 5}}), Error);
}

TEST_CASE("a scalar converts from its value and back by item") {
  Tensor<double> a = 2.5;
  CHECK(a.item() == 2.5);
  CHECK(a.size() == 1);
  CHECK(a.rank == 0);
}

TEST_CASE("elements lie on a cache line whatever their number") {
  for (std::size_t rows : {0u, 1u, 3u, 17u, 1000u}) {
    Tensor<std::uint8_t, dynamic, 3> a(rows);
    CHECK(is_aligned(a.data()));
  }
  Arena arena;
  for (int i = 0; i < 5; ++i) CHECK(is_aligned(Tensor<float, 7>(uninitialized, 7, &arena).data()));
}

TEST_CASE("checked access throws at an index out of range, of any axis and sign") {
  Tensor<int, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  CHECK(a.at(1, 2) == 6);
  CHECK_THROWS_AS(a.at(2, 0), Error);
  CHECK_THROWS_AS(a.at(0, 3), Error);
  CHECK_THROWS_AS(a.at(-1, 0), Error);
  const auto& constant = a;
  CHECK_THROWS_AS(constant.at(0, 3), Error);
  Tensor<int, dynamic, 3> b(1);
  CHECK_THROWS_AS(b.at(1, 0), Error);
}

TEST_CASE("copying copies the elements") {
  Tensor<int, 3> a{1, 2, 3};
  Tensor<int, 3> b = a;
  b(0) = 9;
  CHECK(a(0) == 1);
  a = b;
  CHECK(a(0) == 9);
  CHECK(a.data() != b.data());
}

TEST_CASE("a copy of a tensor in an arena is on the heap") {
  Arena arena;
  Tensor<int, 3> a(uninitialized, 3, &arena);
  a.fill(4);
  Tensor<int, 3> b = a;
  CHECK(a.arena() == &arena);
  CHECK(b.arena() == nullptr);
  arena.reset();
  CHECK(b == Tensor<int, 3>{4, 4, 4});
}

TEST_CASE("assigning a tensor with other rows takes its extents") {
  Tensor<int, dynamic, 2> a{{1, 2}};
  const Tensor<int, dynamic, 2> b{{1, 2}, {3, 4}};
  a = b;
  CHECK(a == b);
  const int* before = a.data();
  a = b;
  CHECK(a.data() == before);
}

TEST_CASE("assigning a tensor to itself changes nothing") {
  Tensor<int, 3> a{1, 2, 3};
  const auto& same = a;
  a = same;
  CHECK(a == Tensor<int, 3>{1, 2, 3});
}

TEST_CASE("moving takes the memory along") {
  Tensor<int, dynamic, 2> a{{1, 2}, {3, 4}};
  const int* data = a.data();
  Tensor<int, dynamic, 2> b = std::move(a);
  CHECK(b.data() == data);
  Tensor<int, dynamic, 2> c;
  c = std::move(b);
  CHECK(c.data() == data);
  CHECK(c.leading() == 2);
  b = c;
  CHECK(b == c);
}

TEST_CASE("tensors are equal when extents and elements are") {
  Tensor<int, dynamic, 2> a{{1, 2}, {3, 4}};
  CHECK(a == Tensor<int, dynamic, 2>{{1, 2}, {3, 4}});
  CHECK(a != Tensor<int, dynamic, 2>{{1, 2}, {3, 5}});
  CHECK(a != Tensor<int, dynamic, 2>{{1, 2}});
}

TEST_CASE("a tensor of a view has its elements in row-major order") {
  Tensor<int, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  const Tensor b(a.view().permute<1, 0>());
  CHECK(std::is_same_v<decltype(b), const Tensor<int, 3, 2>>);
  CHECK(b == Tensor<int, 3, 2>{{1, 4}, {2, 5}, {3, 6}});
}

TEST_CASE("a tensor is indexed by rows, which are views") {
  Tensor<int, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  a[1](2) = 60;
  CHECK(a(1, 2) == 60);
  const auto& constant = a;
  CHECK(std::is_same_v<decltype(constant[0]), View<const int, 3>>);
}

TEST_CASE("more elements than can be addressed are refused, not wrapped around") {
  constexpr std::size_t many = static_cast<std::size_t>(-1) / 3;
  CHECK_THROWS_AS((Tensor<float, dynamic, 4>(many)), std::bad_alloc);
  CHECK_THROWS_AS((Tensor<std::uint8_t, dynamic, 1024>(many)), std::bad_alloc);
  Arena arena;
  CHECK_THROWS_AS((Tensor<float, dynamic, 4>(uninitialized, many, &arena)), std::bad_alloc);
}

TEST_CASE("no view can be made from a temporary tensor") {
  using T = Tensor<float, 2, 2>;
  STATIC_CHECK(has_view<T&>);
  STATIC_CHECK(has_view<const T&>);
  STATIC_CHECK_FALSE(has_view<T>);
  STATIC_CHECK(has_rows<T&>);
  STATIC_CHECK_FALSE(has_rows<T>);
}
