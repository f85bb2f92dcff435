#include <weft/ops/matmul.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

struct Sizes {
  std::size_t count, rows, columns, inner;
};

// The product by its definition, in double.
template <class A, class B>
Tensor<double, dynamic> product(Transpose side, Sizes s, const A& a, const B& b, bool is_shared) {
  Tensor<double, dynamic> y(s.count * s.rows * s.columns);
  for (std::size_t c = 0; c < s.count; ++c)
    for (std::size_t i = 0; i < s.rows; ++i)
      for (std::size_t j = 0; j < s.columns; ++j)
        for (std::size_t k = 0; k < s.inner; ++k) {
          const std::size_t in_a = side == Transpose::left ? k * s.rows + i : i * s.inner + k;
          const std::size_t in_b = side == Transpose::right ? j * s.inner + k : k * s.columns + j;
          y.data()[(c * s.rows + i) * s.columns + j] +=
              static_cast<double>(a.data()[c * s.rows * s.inner + in_a]) *
              static_cast<double>(b.data()[(is_shared ? 0 : c * s.inner * s.columns) + in_b]);
        }
  return y;
}

template <Transpose Side, class A, class B>
void check(Sizes sizes, const A& a, const B& b) {
  INFO("side " << static_cast<int>(Side) << ", " << sizes.rows << " x " << sizes.columns << " x "
               << sizes.inner);
  const auto expected = product(Side, sizes, a, b, B::rank < A::rank);
  CHECK(greatest_difference(matmul<Side>(a, b), expected) < 1e-13);
  const auto gradient =
      check_gradient([](auto x, auto y) { return matmul<Side>(x, y); }, a, b);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(gradient.compared == a.size() + b.size());
}

template <std::size_t M, std::size_t K, std::size_t N>
void check_matrices() {
  check<Transpose::none>({1, M, N, K}, numbers<double, M, K>(1), numbers<double, K, N>(2));
  check<Transpose::left>({1, M, N, K}, numbers<double, K, M>(3), numbers<double, K, N>(4));
  check<Transpose::right>({1, M, N, K}, numbers<double, M, K>(5), numbers<double, N, K>(6));
}

}  // namespace

TEST_CASE("matmul multiplies matrices of any size, either side transposed") {
  check_matrices<2, 3, 5>();
  check_matrices<1, 19, 4>();
  check_matrices<13, 7, 11>();
}

TEST_CASE("matmul takes matrices whose leading extent is dynamic") {
  check<Transpose::none>({1, 6, 5, 3}, numbers<double, dynamic, 3>(1, 6), numbers<double, 3, 5>(2));
  check<Transpose::none>({1, 2, 5, 3}, numbers<double, 2, 3>(1), numbers<double, dynamic, 5>(2, 3));
  check<Transpose::left>({1, 4, 5, 7}, numbers<double, dynamic, 4>(1, 7),
                         numbers<double, dynamic, 5>(2, 7));
  check<Transpose::right>({1, 9, 5, 3}, numbers<double, dynamic, 3>(1, 9),
                          numbers<double, 5, 3>(2));
}

TEST_CASE("matmul multiplies batches of matrices pair by pair") {
  check<Transpose::none>({3, 2, 5, 4}, numbers<double, 3, 2, 4>(1), numbers<double, 3, 4, 5>(2));
  check<Transpose::left>({3, 2, 5, 4}, numbers<double, dynamic, 4, 2>(1, 3),
                         numbers<double, 3, 4, 5>(2));
  check<Transpose::right>({2, 7, 3, 5}, numbers<double, dynamic, 7, 5>(1, 2),
                          numbers<double, dynamic, 3, 5>(2, 2));
  check<Transpose::none>({6, 3, 9, 2}, numbers<double, 2, 3, 3, 2>(1),
                         numbers<double, dynamic, 3, 2, 9>(2, 2));
  check<Transpose::left>({4, 3, 1, 6}, numbers<double, 2, 2, 6, 3>(1),
                         numbers<double, 2, 2, 6, 1>(2));
  check<Transpose::right>({6, 5, 5, 3}, numbers<double, dynamic, 2, 5, 3>(1, 3),
                          numbers<double, dynamic, 2, 5, 3>(2, 3));
}

TEST_CASE("matmul shares one matrix among all of a batch") {
  check<Transpose::none>({3, 2, 5, 4}, numbers<double, 3, 2, 4>(1), numbers<double, 4, 5>(2));
  check<Transpose::right>({3, 2, 5, 4}, numbers<double, dynamic, 2, 4>(1, 3),
                          numbers<double, 5, 4>(2));
  check<Transpose::left>({3, 2, 5, 4}, numbers<double, dynamic, 4, 2>(1, 3),
                         numbers<double, 4, 5>(2));
  check<Transpose::none>({6, 3, 7, 2}, numbers<double, dynamic, 3, 3, 2>(1, 2),
                         numbers<double, 2, 7>(2));
  check<Transpose::left>({1, 3, 7, 2}, numbers<double, 1, 1, 2, 3>(1), numbers<double, 2, 7>(2));
}

TEST_CASE("matmul reads views with gaps as if they were copied") {
  auto a = numbers<double, 6, 9>(1), b = numbers<double, 6, 9>(2), c = b;
  auto d = numbers<double, 5, 7, 4>(3), e = numbers<double, 5, 7, 4>(4);
  const auto gaps = a.view().slice<1, 2, 5>();                                       // (6, 5)
  const auto turned = b.view().permute<1, 0>();                                      // (9, 6)
  const auto again = c.view().permute<1, 0>();                                       // (9, 6)
  const auto batch = d.view().slice<0, 1, 3>().permute<0, 2, 1>().slice<2, 3, 4>();  // (3, 4, 4)
  const auto other = e.view().slice<0, 2, 3>().slice<1, 1, 4>();                     // (3, 4, 4)
  const auto expect_same = [](auto function, auto... views) {
    CHECK(function(views...) == function(Tensor(views)...));
    const auto gradient = check_gradient(function, views...);
    INFO(gradient.where);
    CHECK(gradient.passed());
  };
  const auto plain = [](auto x, auto y) { return matmul(x, y); };
  const auto right = [](auto x, auto y) { return matmul<Transpose::right>(x, y); };
  const auto left = [](auto x, auto y) { return matmul<Transpose::left>(x, y); };
  expect_same(plain, turned, gaps);
  expect_same(left, gaps, b.view());
  expect_same(right, turned, again);
  expect_same(plain, batch, other);
}

TEST_CASE("the gradient of a product of a variable with itself adds up") {
  const auto x = numbers<double, 5, 5>(3);
  CHECK(check_gradient([](auto a) { return matmul(a, a); }, x).passed());
  CHECK(check_gradient([](auto a) { return matmul<Transpose::left>(a, a); }, x).passed());
  CHECK(check_gradient([](auto a) { return matmul<Transpose::right>(a, a); }, x).passed());
  CHECK(check_gradient([](auto a, auto b) { return matmul(matmul(a, b), b); },
                       numbers<double, 2, 3, 5>(4), x)
            .passed());
}

TEST_CASE("a product in float agrees with double") {
  const auto a = numbers<float, 33, 70>(1);
  const auto b = numbers<float, 70, 47>(2);
  const auto expected = product(Transpose::none, {1, 33, 47, 70}, a, b, false);
  CHECK(greatest_difference(matmul(a, b), expected) < 2e-5);
}

TEST_CASE("a product over nothing is zero") {
  Tape tape;
  const Tensor<double, dynamic, 3> a(0), b(0);
  const auto x = tape.variable(a), y = tape.variable(b);
  const auto product_of_none = matmul<Transpose::left>(x, y);
  CHECK(Tensor(product_of_none.value()) == Tensor<double, 3, 3>());

  // No rows leave a shared matrix a gradient of zeros.
  const auto w = tape.variable(numbers<double, 3, 2>(1));
  const auto v = tape.variable(numbers<double, 4, 2>(1));
  const auto z = matmul(x, w);
  static_cast<void>(z.target());
  tape.backward();
  CHECK(Tensor(w.gradient()) == Tensor<double, 3, 2>());
  const auto batch = tape.constant(Tensor<double, dynamic, 4, 3>(0));
  static_cast<void>(matmul<Transpose::left>(batch, v).target());
  tape.backward();
  CHECK(Tensor(v.gradient()) == Tensor<double, 4, 2>());
}

TEST_CASE("matmul refuses extents that differ at run time") {
  using Catch::Matchers::Message;
  const Tensor<float, 2, 3> a;
  CHECK_THROWS_MATCHES(
      matmul(a, Tensor<float, dynamic, 4>(5)), Error,
      Message("[matmul] the inner and batch extents of a and b must be equal: (2, 3) and (5, 4)"));
  CHECK_THROWS_AS(matmul(Tensor<float, dynamic, 2, 3>(4), Tensor<float, 5, 3, 2>()), Error);
  CHECK_THROWS_AS(
      matmul<Transpose::left>(Tensor<float, dynamic, 3>(4), Tensor<float, dynamic, 3>(5)), Error);
}
