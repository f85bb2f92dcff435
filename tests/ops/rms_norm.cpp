#include <weft/ops/rms_norm.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

TEST_CASE("RMS norm gives rows whose mean square is 1") {
  const Tensor<double, 2, 4> x{{1, -1, 1, 1}, {0, 0, 0, 8}};
  CHECK(greatest_difference(rms_norm(x, 0),
                            Tensor<double, 2, 4>{{1, -1, 1, 1}, {0, 0, 0, 2}}) < 1e-15);
  CHECK(greatest_difference(rms_norm(x, Tensor<double, 4>{1, 2, 3, 4}, 0),
                            Tensor<double, 2, 4>{{1, -2, 3, 4}, {0, 0, 0, 8}}) < 1e-15);
}

TEST_CASE("RMS norm adds epsilon to the mean square, 1e-5 unless asked otherwise") {
  const Tensor<double, 1, 2> x{{-1, 1}};
  CHECK(std::abs(rms_norm(x)(0, 1) - 1 / std::sqrt(1 + 1e-5)) < 1e-15);
  CHECK(std::abs(rms_norm(x, 3)(0, 1) - 0.5) < 1e-15);
  CHECK(rms_norm(Tensor<double, 1, 2>{}) == Tensor<double, 1, 2>{});
}

TEST_CASE("gradients of RMS norm with gain") {
  for_each_shape([]<std::size_t... Extents>(const Tensor<double, Extents...>& x) {
    constexpr std::size_t columns = Shape<Extents...>::last;
    if constexpr (columns != dynamic)
      check_gradients([](auto a, auto g) { return rms_norm(a, g, 0.1); }, x,
                      numbers<double, columns>(51));
  });
}

TEST_CASE("gradients of RMS norm alone") {
  for_each_shape(
      [](const auto& x) { check_gradients([](auto a) { return rms_norm(a, 0.1); }, x); });
}

TEST_CASE("gradients of RMS norm add up over two uses, of each operand") {
  const auto x = numbers<double, 3, 11>(1);
  const auto gain = numbers<double, 11>(2);
  CHECK(two_uses_error([&](auto a) { return rms_norm(a, gain); }, x) < 1e-13);
  CHECK(two_uses_error([&](auto g) { return rms_norm(x, g); }, gain) < 1e-13);
}

TEST_CASE("RMS norm of a view with gaps") {
  for_each_view([]<class T, std::size_t... Extents>(const View<T, Extents...>& x) {
    auto pairs = numbers<double, Shape<Extents...>::last, 2>(4);
    const auto gain = pairs.view().template permute<1, 0>()[1];
    CHECK(rms_norm(x, gain) == rms_norm(Tensor(x), Tensor(gain)));
    CHECK(check_gradient([](auto a, auto g) { return rms_norm(a, g, 0.1); }, x, gain).passed());
  });
}
