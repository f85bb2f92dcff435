#include <weft/optim/schedule.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weft::schedule;

TEST_CASE("a warm-up rises in equal steps and stays at one") {
  const LinearWarmup warmup{4};
  CHECK(warmup(0) == 0.25);
  CHECK(warmup(1) == 0.5);
  CHECK(warmup(3) == 1);
  CHECK(warmup(1000) == 1);
  CHECK(LinearWarmup{0}(0) == 1);
}

TEST_CASE("a cosine falls from one to its floor and stays there") {
  const Cosine cosine{100, 0.2};
  CHECK(cosine(0) == 1);
  CHECK(std::abs(cosine(50) - 0.6) < 1e-15);
  CHECK(cosine(100) == 0.2);
  CHECK(cosine(5000) == 0.2);
  for (std::size_t step = 0; step < 100; ++step) CHECK(cosine(step + 1) < cosine(step));
  CHECK(Cosine{0, 0.3}(0) == 0.3);
}

TEST_CASE("an inverse square root peaks at one after its warm-up") {
  const InverseSquareRoot rate{16};
  CHECK(rate(0) == 1 / 16.0);
  CHECK(rate(15) == 1);
  CHECK(rate(63) == 0.5);
  CHECK(InverseSquareRoot{}(3) == 0.5);
}

TEST_CASE("the schedule of contextual recall is a product, to the bit") {
  constexpr std::size_t steps = 900;
  const Product rate{LinearWarmup{100}, Cosine{steps, 0.1}};
  for (std::size_t i = 0; i < steps; ++i) {
    const auto t = static_cast<double>(i);
    const double expected = std::min(1.0, (t + 1) / 100) *
                            (0.1 + 0.9 * (1 + std::cos(3.14159265358979323846 * t / steps)) / 2);
    CHECK(rate(i) == expected);
  }
  CHECK(rate(steps) == 0.1);  // goes on at the final rate
}

TEST_CASE("a sequence starts its second schedule from zero") {
  const Sequence rate{LinearWarmup{10}, 10, Cosine{40}};
  CHECK(rate(4) == 0.5);
  CHECK(rate(9) == 1);
  CHECK(rate(10) == 1);
  CHECK(std::abs(rate(30) - 0.5) < 1e-15);
  CHECK(rate(50) == 0);
  CHECK(Sequence{Constant{}, 3, Cosine{2}}(5) == 0);
}
