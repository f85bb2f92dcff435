#include <weft/ops/heads.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

template <std::size_t Heads, class V>
void check_view(const V& x) {
  const auto y = split_heads<Heads>(x);
  const std::size_t width = x.extent(2) / Heads;
  std::size_t wrong = 0;
  for (std::size_t b = 0; b < x.extent(0); ++b)
    for (std::size_t n = 0; n < x.extent(1); ++n)
      for (std::size_t h = 0; h < Heads; ++h)
        for (std::size_t w = 0; w < width; ++w) wrong += y(b, h, n, w) != x(b, n, h * width + w);
  INFO(to_string(typename V::shape_type{}, x.leading()) << ", heads " << Heads);
  CHECK(wrong == 0);
  CHECK(merge_heads(y) == Tensor(x));
  const auto split = check_gradient([](auto v) { return split_heads<Heads>(v); }, x);
  INFO(split.where);
  CHECK(split.passed());
  const auto merged = check_gradient([](auto v) { return merge_heads(v); }, y);
  INFO(merged.where);
  CHECK(merged.passed());
}

template <std::size_t Heads, class X>
void check(X x) {
  check_view<Heads>(x.view());
}

}  // namespace

TEST_CASE("split_heads cuts the features of each position, and merge_heads joins them") {
  check<1>(numbers<double, 2, 3, 4>(1));
  check<2>(numbers<double, 2, 3, 4>(1));
  check<4>(numbers<double, 2, 3, 4>(1));
  check<3>(numbers<double, 1, 1, 3>(1));
  check<2>(numbers<double, 1, 5, 34>(1));
  check<2>(numbers<double, 3, 7, 2>(1));
  check<3>(numbers<double, 2, 1, 9>(1));
  check<5>(numbers<double, 2, 2, 10>(1));
  check<2>(numbers<double, 4, 3, 6>(1));
  check<1>(numbers<double, 1, 4, 1>(1));
}

TEST_CASE("split_heads and merge_heads take a dynamic batch") {
  check<2>(numbers<double, dynamic, 3, 4>(2, 3));
  check<3>(numbers<double, dynamic, 2, 9>(2, 1));
  check<4>(numbers<double, dynamic, 5, 4>(2, 2));
  check<2>(numbers<double, dynamic, 1, 18>(2, 2));
  CHECK(merge_heads(split_heads<2>(Tensor<double, dynamic, 3, 4>(0))).leading() == 0);
}

TEST_CASE("split_heads reads views with gaps") {
  auto x = numbers<double, 4, 5, 6>(3);
  check_view<2>(x.view().slice<2, 1, 4>());
  check_view<3>(x.view().slice<1, 2, 2>());
  check_view<2>(x.view().permute<2, 1, 0>());
  check_view<5>(x.view().permute<0, 2, 1>());
  check_view<2>(x.view().rows(1, 2));
  check_view<1>(x.view().rows(2, 2).slice<2, 3, 2>());
}
