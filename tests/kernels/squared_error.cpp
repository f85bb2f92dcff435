#include <weft/kernels/squared_error.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <tests/kernels/runs.hpp>

#include <cmath>
#include <vector>

using namespace weft;

TEMPLATE_TEST_CASE("the squared error is the sum of squared differences", "", float, double) {
  using T = TestType;
  for (std::size_t n : {0u, 1u, 3u, 8u, 15u, 16u, 17u, 33u, 100u, 1000u}) {
    const auto a = random_run<T>(n, 1), b = random_run<T>(n, 2);
    double expected = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      expected += difference * difference;
    }
    CHECK(is_close(kernels::squared_error(n, a.data(), b.data()), expected));
    check_output<T>(
        n,
        [&](T* y, Write write) {
          kernels::scaled_difference(n, T(0.5), a.data(), b.data(), y, write);
        },
        [&](std::size_t i) { return (static_cast<double>(a[i]) - static_cast<double>(b[i])) / 2; });
  }
}

TEST_CASE("the squared error of very many small numbers is as exact as that of a few") {
  const std::size_t n = 3'000'001;
  const std::vector<float> a(n, 0.1f), b(n, 0.0f);
  const double expected = static_cast<double>(n) * 0.1f * 0.1f;
  CHECK(std::abs(kernels::squared_error(n, a.data(), b.data()) / expected - 1) < 1e-6);
}
