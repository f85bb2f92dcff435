#include <weft/core/random.hpp>
#include <weft/core/select.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace weft;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("argmax finds the greatest of each row") {
  Tensor<float, 3, 4> a{{1, 4, 2, 3}, {-5, -7, -9, -6}, {0, 0, 0, 1}};
  CHECK(argmax(a) == Tensor<int, 3>{1, 0, 3});
  CHECK(argmax<1>(a) == Tensor<int, 3>{1, 0, 3});
}

TEST_CASE("argmax along another axis leaves the other extents") {
  Tensor<int, 2, 3, 2> a{{{1, 9}, {5, 2}, {3, 3}}, {{7, 0}, {0, 8}, {6, 4}}};
  CHECK(argmax<0>(a) == Tensor<int, 3, 2>{{1, 0}, {0, 1}, {1, 1}});
  CHECK(argmax<1>(a) == Tensor<int, 2, 2>{{1, 0}, {0, 1}});
  CHECK(argmax<2>(a) == Tensor<int, 2, 3>{{1, 0, 0}, {0, 1, 0}});
}

TEST_CASE("argmax of equal elements is the first of them") {
  CHECK(argmax(Tensor<int, 5>{1, 3, 3, 2, 3}).item() == 1);
  CHECK(argmax(Tensor<float, 2>{0.0f, -0.0f}).item() == 0);
}

TEST_CASE("argmax takes NaN for the greatest, the first one") {
  CHECK(argmax(Tensor<float, 5>{1, infinity, not_a_number, 2, not_a_number}).item() == 2);
  CHECK(argmax(Tensor<float, 2>{-infinity, -infinity}).item() == 0);
}

TEST_CASE("argmax takes dynamic extents and views") {
  Tensor<double, dynamic, 3> a{{1, 2, 3}, {3, 2, 1}};
  CHECK(argmax(a) == Tensor<int, dynamic>{2, 0});
  CHECK(argmax<0>(a) == Tensor<int, 3>{1, 0, 0});
  CHECK(argmax(Tensor<double, dynamic, 3>()).size() == 0);
  const Tensor<int, 2, 3> b{{1, 5, 3}, {4, 2, 6}};
  CHECK(argmax(b.view().permute<1, 0>()) == Tensor<int, 3>{1, 0, 1});
}

TEST_CASE("argmax of an empty axis is an error") {
  Tensor<double, dynamic, 3> a;
  CHECK_THROWS_AS(argmax<0>(a), Error);
}

TEST_CASE("top_k gives the greatest of each row, greatest first") {
  Tensor<float, 2, 5> a{{1, 5, 2, 4, 3}, {-1, -2, -3, -4, -5}};
  const auto [values, indices] = top_k<3>(a);
  CHECK(values == Tensor<float, 2, 3>{{5, 4, 3}, {-1, -2, -3}});
  CHECK(indices == Tensor<int, 2, 3>{{1, 3, 4}, {0, 1, 2}});
}

TEST_CASE("top_k gives equal elements in the order of their indices") {
  CHECK(top_k<4>(Tensor<int, 6>{2, 7, 2, 7, 2, 7}).indices == Tensor<int, 4>{1, 3, 5, 0});
}

TEST_CASE("top_k puts NaN first") {
  const Tensor<float, 5> a{1, not_a_number, infinity, not_a_number, 2};
  const auto [values, indices] = top_k<4>(a);
  CHECK(indices == Tensor<int, 4>{1, 3, 2, 4});
}

TEST_CASE("top_k agrees with sorting everything") {
  Random random(3);
  Tensor<double, dynamic, 37> a(11);
  for (double& x : a) x = random.integer(20);
  const auto [values, indices] = top_k<9>(a.view());
  for (std::size_t row = 0; row < 11; ++row) {
    std::vector<int> order(37);
    for (int i = 0; i < 37; ++i) order[static_cast<std::size_t>(i)] = i;
    std::sort(order.begin(), order.end(), [&](int p, int q) {
      return a(row, p) > a(row, q) || (a(row, p) == a(row, q) && p < q);
    });
    for (std::size_t j = 0; j < 9; ++j) {
      CHECK(indices(row, j) == order[j]);
      CHECK(values(row, j) == a(row, order[j]));
    }
  }
}

TEST_CASE("top_k of fewer elements than asked for is an error") {
  CHECK_THROWS_AS(top_k<3>(Tensor<int, dynamic>{1, 2}), Error);
  CHECK(top_k<2>(Tensor<int, dynamic>{1, 2}).indices == Tensor<int, 2>{1, 0});
}

TEST_CASE("all_close allows an absolute and a relative difference") {
  const Tensor<float, 2> a{100, 0};
  CHECK(all_close(a, Tensor<float, 2>{101, 0}, 0, 0.01));
  CHECK_FALSE(all_close(a, Tensor<float, 2>{102, 0}, 0, 0.01));
  CHECK(all_close(a, Tensor<float, 2>{100, 0.5f}, 0.5, 0));
  CHECK_FALSE(all_close(a, Tensor<float, 2>{100, 0.75f}, 0.5, 0));
  CHECK(all_close(a, Tensor<double, dynamic>{100, 0}, 0, 0));
}

TEST_CASE("all_close holds for no NaN and for infinities that are equal") {
  CHECK_FALSE(all_close(Tensor<float, 1>{not_a_number}, Tensor<float, 1>{not_a_number}, 1, 1));
  CHECK_FALSE(all_close(Tensor<float, 1>{1}, Tensor<float, 1>{not_a_number}, 1, 1));
  CHECK(all_close(Tensor<float, 1>{infinity}, Tensor<float, 1>{infinity}, 0, 0));
  CHECK_FALSE(all_close(Tensor<float, 1>{infinity}, Tensor<float, 1>{-infinity}, 1, 0));
  CHECK_FALSE(all_close(Tensor<float, 1>{1}, Tensor<float, 1>{infinity}, 1, 1e-3));
}

TEST_CASE("all_close tells arrays with other rows apart, and takes views") {
  Tensor<int, dynamic, 2> a{{1, 2}, {3, 4}};
  CHECK_FALSE(all_close(a, a.view().rows(0, 1), 0, 0));
  CHECK(all_close(a.view().permute<0, 1>(), a, 0, 0));
  Tensor<int, 2, 2> b{{1, 3}, {2, 4}};
  CHECK(all_close(a, b.view().permute<1, 0>(), 0, 0));
}
