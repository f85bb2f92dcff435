#include <weft/core/random.hpp>
#include <weft/interop/xtensor.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

using namespace weft;
using Catch::Matchers::Message;

namespace {

template <class E>
concept has_xtensor = requires(E&& tensor) { as_xtensor(std::forward<E>(tensor)); };

}  // namespace

TEST_CASE("a tensor as an xtensor expression is the same memory, not a copy") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  auto x = as_xtensor(a);
  CHECK(&x(0, 0) == a.data());
  CHECK(&x(1, 2) == a.data() + 5);
  x *= 2.0f;
  CHECK(a == Tensor<float, 2, 3>{{2, 4, 6}, {8, 10, 12}});
  xt::view(x, 1, xt::all()) = 0;
  CHECK(a == Tensor<float, 2, 3>{{2, 4, 6}, {0, 0, 0}});
  a(0, 0) = 7;
  CHECK(x(0, 0) == 7);
}

TEST_CASE("a tensor of static shape has it as an xtensor expression too") {
  Tensor<float, 2, 3> a;
  const Tensor<float, 2, 3> constant;
  STATIC_CHECK(std::is_same_v<decltype(as_xtensor(a))::shape_type, xt::fixed_shape<2, 3>>);
  STATIC_CHECK(std::is_same_v<decltype(as_xtensor(constant))::shape_type, xt::fixed_shape<2, 3>>);
  STATIC_CHECK(std::is_same_v<decltype(as_xtensor(a) + as_xtensor(constant))::shape_type,
                              xt::fixed_shape<2, 3>>);
}

TEST_CASE("a constant tensor is a constant expression") {
  const Tensor<double, 2, 2> a{{1, 2}, {3, 4}};
  auto x = as_xtensor(a);
  CHECK(&x(0, 0) == a.data());
  STATIC_CHECK(std::is_const_v<std::remove_reference_t<decltype(x(0, 0))>>);
  CHECK(xt::sum(x)() == 10);
}

TEST_CASE("no expression can be made of a temporary tensor") {
  STATIC_CHECK(has_xtensor<Tensor<float, 2>&>);
  STATIC_CHECK(has_xtensor<const Tensor<float, 2>&>);
  STATIC_CHECK_FALSE(has_xtensor<Tensor<float, 2>>);
  STATIC_CHECK_FALSE(has_xtensor<const Tensor<float, 2>>);
}

TEST_CASE("a tensor with a dynamic leading extent is an expression of its extents") {
  Tensor<double, dynamic, 3> a(4);
  auto x = as_xtensor(a);
  CHECK(x.shape()[0] == 4);
  CHECK(x.shape()[1] == 3);
  x += xt::ones<double>({4, 3});
  CHECK(a(3, 2) == 1);
  CHECK(&x(0, 0) == a.data());
  Tensor<double, dynamic, 3> empty;
  CHECK(as_xtensor(empty).size() == 0);
  CHECK(xt::sum(as_xtensor(empty))() == 0);
}

TEST_CASE("a scalar is an expression without axes") {
  Tensor<float> a = 3;
  auto x = as_xtensor(a);
  CHECK(x.dimension() == 0);
  x *= 2;
  CHECK(a.item() == 6);
}

TEST_CASE("a view is an expression with its strides") {
  Tensor<float, 2, 3, 4> a;
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<float>(i);
  const auto view = a.view().permute<2, 0, 1>();
  auto x = as_xtensor(view);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      for (std::size_t k = 0; k < 3; ++k) REQUIRE(&x(i, j, k) == &view(i, j, k));
  x *= 10.0f;
  CHECK(a(1, 2, 3) == 230);

  auto part = as_xtensor(a.view().slice<1, 1, 1>());
  part *= 0.0f;  // the rows between must stay as they are
  CHECK(a(0, 1, 0) == 0);
  CHECK(a(1, 1, 3) == 0);
  CHECK(a(0, 2, 0) == 80);
  CHECK(a(1, 0, 3) == 150);

  auto column = as_xtensor(a.view().slice<2, 1, 1>());
  column.fill(-1);
  CHECK(a(0, 0, 1) == -1);
  CHECK(a(0, 0, 0) == 0);
  CHECK(a(0, 2, 2) == 100 * 1.0f);
  column = column + 11.0f;
  CHECK(a(1, 2, 1) == 10);
  CHECK(xt::sum(column)() == 60);

  as_xtensor(a.view().rows(1, 1)).fill(1);
  CHECK(a(0, 0, 1) == 10);
  CHECK(a(1, 2, 3) == 1);
  CHECK(as_xtensor(a.view().rows(1, 0)).size() == 0);
  const View<const float, 4, 2, 3> constant = view;
  CHECK(&as_xtensor(constant)(0, 0, 0) == a.data());
}

TEST_CASE("statistics of a tensor are those of a loop") {
  Random random(3);
  Tensor<double, dynamic, 7> a(50);
  random.normal(a, 2, 3);
  const auto mean = from_xtensor<Tensor<double, 7>>(xt::mean(as_xtensor(a), {0}));
  const auto deviation = from_xtensor<Tensor<double, 7>>(xt::stddev(as_xtensor(a), {0}));
  for (std::size_t j = 0; j < 7; ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 50; ++i) sum += a(i, j);
    for (std::size_t i = 0; i < 50; ++i) squares += (a(i, j) - sum / 50) * (a(i, j) - sum / 50);
    CHECK(mean(j) == Catch::Approx(sum / 50).epsilon(1e-12));
    CHECK(deviation(j) == Catch::Approx(std::sqrt(squares / 50)).epsilon(1e-12));
  }
  as_xtensor(a) -= as_xtensor(mean);
  CHECK(xt::sum(as_xtensor(a))() == Catch::Approx(0).margin(1e-10));

  Tensor<double, 3, 2> b{{1, 2}, {3, 4}, {5, 9}};
  CHECK(from_xtensor<Tensor<double, 2>>(xt::mean(as_xtensor(b), {0})) ==
        Tensor<double, 2>{3, 5});
  const auto view = as_xtensor(b.view());
  CHECK(from_xtensor<Tensor<double, 2>>(xt::variance(view, {0}))(0) == Catch::Approx(8.0 / 3));
}

TEST_CASE("an expression is assigned to the memory of a tensor") {
  Tensor<float, 2, 2> a{{1, 2}, {3, 4}};
  const float* data = a.data();
  assign(a, as_xtensor(a) * 2.0f + 1.0f);
  CHECK(a == Tensor<float, 2, 2>{{3, 5}, {7, 9}});
  CHECK(a.data() == data);
  const xt::xtensor_fixed<int, xt::xshape<2, 2>> fixed{{1, 2}, {3, 4}};
  assign(a, fixed);
  CHECK(a == Tensor<float, 2, 2>{{1, 2}, {3, 4}});
  const xt::xtensor<double, 2> array{{5, 6}, {7, 8}};
  assign(a, array);
  CHECK(a == Tensor<float, 2, 2>{{5, 6}, {7, 8}});
}

TEST_CASE("an expression may read the tensor it is assigned to, in any order") {
  Tensor<int, 3, 3> a{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  assign(a, xt::transpose(as_xtensor(a)));
  CHECK(a == Tensor<int, 3, 3>{{1, 4, 7}, {2, 5, 8}, {3, 6, 9}});
}

TEST_CASE("an expression is written straight into the memory of a tensor where that is asked for") {
  Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  const float* memory = a.data();
  assign_noalias(a, as_xtensor(a) * 2.0f + 1.0f);
  CHECK(a.data() == memory);
  CHECK(a == Tensor<float, 2, 3>{{3, 5, 7}, {9, 11, 13}});
  Tensor<float, dynamic, 3> b(2);
  assign_noalias(b, as_xtensor(a));
  CHECK(b(1, 2) == 13);
  Tensor<float, dynamic, 3> c(3);
  CHECK_THROWS_AS(assign_noalias(c, as_xtensor(b)), Error);
}

TEST_CASE("expressions of column-major containers keep their indices") {
  const xt::xtensor<int, 2, xt::layout_type::column_major> source{{1, 2, 3}, {4, 5, 6}};
  CHECK(from_xtensor<Tensor<int, 2, 3>>(source) == Tensor<int, 2, 3>{{1, 2, 3}, {4, 5, 6}});
}

TEST_CASE("a new tensor takes the dynamic leading extent of an expression") {
  const xt::xtensor<float, 2> source = xt::ones<float>({5, 3});
  const auto a = from_xtensor<Tensor<float, dynamic, 3>>(source);
  CHECK(a.leading() == 5);
  CHECK(a(4, 2) == 1);
  const xt::xtensor<float, 2> empty = xt::ones<float>({0, 3});
  CHECK(from_xtensor<Tensor<float, dynamic, 3>>(empty).leading() == 0);
}

TEST_CASE("a reduction to one value becomes a scalar") {
  Tensor<double, 2, 3> a{{1, 2, 3}, {4, 5, 9}};
  CHECK(from_xtensor<Tensor<double>>(xt::sum(as_xtensor(a))).item() == 24);
  CHECK(from_xtensor<Tensor<double>>(2 * xt::mean(as_xtensor(a))).item() == 8);
  CHECK(from_xtensor<Tensor<double>>(xt::mean(as_xtensor(a.view()))).item() == 4);
}

TEST_CASE("an expression of another shape is an error with both shapes") {
  Tensor<float, 2, 3> a;
  a.fill(7);
  const xt::xtensor<float, 2> turned = xt::ones<float>({3, 2});
  CHECK_THROWS_MATCHES(assign(a, turned), Error,
                       Message("[assign] the expression must have the shape of the tensor: "
                               "expected (2, 3), found (3, 2)"));
  CHECK_THROWS_MATCHES((from_xtensor<Tensor<float, dynamic, 3>>(turned)), Error,
                       Message("[from_xtensor] the expression must have the shape of the tensor: "
                               "expected (dynamic, 3), found (3, 2)"));
  const xt::xtensor<float, 1> vector = xt::ones<float>({3});
  CHECK_THROWS_AS(assign(a, vector), Error);
  const xt::xtensor<float, 3> cube = xt::ones<float>({1, 2, 3});
  CHECK_THROWS_AS(assign(a, cube), Error);
  Tensor<float, dynamic, 2> b(4);
  CHECK_THROWS_AS(assign(b, turned), Error);
  Tensor<float> scalar = 1;
  CHECK_THROWS_AS(assign(scalar, vector), Error);
  CHECK(a(1, 2) == 7);
}

TEST_CASE("a view of run-time extents is an expression of the same memory") {
  std::vector<float> memory{1, 2, 3, 4, 5, 6};
  const AnyView<float> view(memory.data(), {2, 3});
  auto expression = as_xtensor(view);
  REQUIRE(expression.dimension() == 2);
  CHECK(expression.shape()[1] == 3);
  CHECK(expression(1, 0) == view(1, 0));
  expression *= 2;
  CHECK(memory == std::vector<float>{2, 4, 6, 8, 10, 12});
  const AnyView<const float> constant(memory.data(), {3, 2});
  CHECK(xt::sum(as_xtensor(constant))() == 42);
}
