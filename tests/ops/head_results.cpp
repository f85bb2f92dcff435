#include <weft/ops/head_results.hpp>

#include <weft/autograd/gradient_check.hpp>
#include <weft/ops/linear.hpp>
#include <weft/ops/sum.hpp>

#include <catch2/catch_test_macros.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

// Values by the definition, their sum over heads, and gradients.
template <std::size_t Heads, class Z, class W>
void check(const Z& z, const W& weight) {
  INFO(to_string(z.shape()) << ", heads " << Heads << ", width " << weight.extent(1));
  const auto y = head_results<Heads>(z, weight);
  const std::size_t features = z.extent(2) / Heads;
  double worst = 0;
  for (std::size_t b = 0; b < z.extent(0); ++b)
    for (std::size_t n = 0; n < z.extent(1); ++n)
      for (std::size_t h = 0; h < Heads; ++h)
        for (std::size_t i = 0; i < weight.extent(1); ++i) {
          double sum = 0;
          for (std::size_t f = h * features; f < (h + 1) * features; ++f)
            sum += z(b, n, f) * weight(f, i);
          worst = std::max(worst, std::abs(sum - y(b, n, h, i)));
        }
  CHECK(worst < 1e-14);
  CHECK(greatest_difference(sum<2>(y), linear(z, weight)) < 1e-14);
  const auto gradient =
      check_gradient([](auto a, auto b) { return head_results<Heads>(a, b); }, z, weight);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(gradient.compared == z.size() + weight.size());
}

template <std::size_t Batch, std::size_t Positions, std::size_t Heads, std::size_t Features,
          std::size_t Width>
void check_shape(std::size_t batch = Batch) {
  check<Heads>(numbers<double, Batch, Positions, Heads * Features>(1, batch),
               numbers<double, Heads * Features, Width>(2));
}

}  // namespace

TEST_CASE("the results of heads have the values and gradients of their definition") {
  check_shape<1, 1, 1, 1, 1>();
  check_shape<1, 2, 2, 1, 3>();
  check_shape<2, 1, 1, 3, 2>();
  check_shape<2, 3, 2, 4, 8>();
  check_shape<1, 3, 3, 2, 5>();
  check_shape<3, 2, 1, 5, 7>();
  check_shape<dynamic, 2, 2, 3, 4>(3);
  check_shape<dynamic, 1, 4, 2, 9>(1);
  check_shape<1, 5, 2, 8, 16>();
  check_shape<1, 4, 2, 9, 17>();
  check_shape<2, 2, 8, 1, 8>();
  check_shape<1, 3, 2, 7, 15>();
  check_shape<1, 2, 3, 5, 33>();
  check_shape<2, 9, 1, 8, 4>();
  check_shape<dynamic, 3, 5, 3, 6>(2);
  check_shape<dynamic, 7, 1, 16, 1>(1);
  check_shape<3, 1, 6, 2, 10>();
}

TEST_CASE("the results of heads of a view are those of its elements") {
  auto z = numbers<double, 3, 2, 4>(3);
  auto weight = numbers<double, 5, 4>(4);
  check<2>(z.view().permute<1, 0, 2>(), weight.view().permute<1, 0>());
  auto wide = numbers<double, 2, 3, 8>(5);
  check<2>(wide.view().slice<2, 2, 4>(), numbers<double, 4, 6>(6));
  check<4>(wide.view().slice<1, 1, 2>(), numbers<double, 8, 3>(7));
}

TEST_CASE("a variable that is used twice collects both gradients of its results") {
  const auto x = numbers<double, 1, 4, 4>(1);
  const auto w = numbers<double, 4, 4>(2);
  const auto gradient = check_gradient(
      [](auto a, auto b) { return sum<2>(head_results<2>(sum<2>(head_results<2>(a, b)), b)); }, x,
      w);
  INFO(gradient.where);
  CHECK(gradient.passed());
}
