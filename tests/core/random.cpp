#include <weft/core/random.hpp>
#include <weft/core/tensor.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

using namespace weft;
using Words = std::array<std::uint32_t, 4>;

namespace {

// Pearson's statistic for counts that should be equal, less its mean, in units of its deviation.
// Below 5 unless the generator is wrong or one seed in a million was met.
double chi_square(const std::vector<std::size_t>& counts, std::size_t total) {
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double sum = 0;
  for (const std::size_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  const double degrees = static_cast<double>(counts.size() - 1);
  return std::abs(sum - degrees) / std::sqrt(2 * degrees);
}

// Counts of draws in equal parts of [0, 1).
std::vector<std::size_t> histogram(std::size_t parts, std::size_t draws,
                                   const std::function<double()>& draw) {
  std::vector<std::size_t> counts(parts);
  for (std::size_t i = 0; i < draws; ++i) {
    const double value = draw();
    if (!(value >= 0 && value < 1)) FAIL("a draw outside [0, 1): " << value);
    ++counts[static_cast<std::size_t>(value * static_cast<double>(parts))];
  }
  return counts;
}

// Of two streams of uniform numbers; within 5 / sqrt(count) of zero if they are independent.
double correlation(Random a, Random b, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += (a.uniform_double() - 0.5) * (b.uniform_double() - 0.5);
  return sum * 12 / count;
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// 0, ..., n - 1 in random order.
std::vector<std::uint32_t> shuffled(Random& random, std::size_t n) {
  std::vector<std::uint32_t> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<std::uint32_t>(i);
  random.shuffle(numbers.data(), n);
  return numbers;
}

}  // namespace

TEST_CASE("philox gives the published known answers") {
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is the blocks of its counters, one after the other") {
  Random random(0x123456789abcdef0);
  const Random same = random;
  for (std::uint64_t counter = 0; counter < 5; ++counter)
    for (const std::uint32_t word : same.block(counter)) CHECK(random.bits() == word);
  CHECK(same.block(0) == philox({0, 0, 0, 0}, {0x9abcdef0, 0x12345678}));
  CHECK(same.block(0x500000007) == philox({7, 5, 0, 0}, {0x9abcdef0, 0x12345678}));
}

TEST_CASE("the numbers of a seed are the same bits for every compiler and instruction set") {
  Random random(42);
  CHECK(random.bits() == 0x9ceaf053);
  CHECK(random.uniform() == 0x1.dfd524p-2f);
  CHECK(random.uniform_double() == 0x1.2bf50ad5742bp-4);
  CHECK(random.normal() == -0x1.2bc06p-4f);
  CHECK(random.normal_double() == 0x1.0f12ceecb612fp-1);
  CHECK(random.integer(1000) == 602);
  CHECK(shuffled(random, 8) == std::vector<std::uint32_t>{7, 3, 0, 1, 2, 4, 5, 6});
  CHECK(random.fork("golden", 7).bits() == 0xf0484215);
  CHECK(random.fork(1, 2).bits() == 0xe70c1319);

  std::uint64_t hash = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    hash = hash * 1'000'003 + std::bit_cast<std::uint64_t>(random.normal_double());
    hash += std::bit_cast<std::uint32_t>(random.normal());
  }
  CHECK(hash == 0x7cd3e4348301127f);
}

TEST_CASE("a fork depends on its purpose and not on what was drawn") {
  Random random(1);
  const Random before = random.fork("dropout", 3);
  for (int i = 0; i < 7; ++i) random.normal();
  CHECK(random.fork("dropout", 3).block(0) == before.block(0));
  CHECK(random.fork("dropout").fork(3).block(0) == before.block(0));
}

TEST_CASE("forks of different purposes, seeds and order are different streams") {
  const Random random(1);
  const std::vector<Random> streams{
      random,
      Random(2),
      random.fork(0),
      random.fork(1),
      random.fork(-1),
      random.fork(0, 0),
      random.fork(0, 1),
      random.fork(1, 0),
      random.fork(""),
      random.fork("a"),
      random.fork("b"),
      random.fork('a'),
      random.fork(std::string_view("a\0", 2)),
      random.fork(std::string_view("\0a", 2)),
      random.fork("a", "b"),
      random.fork("b", "a"),
      random.fork("ab"),
      random.fork("abcdefgh"),
      random.fork("abcdefgh", ""),
      random.fork("abcdefghi"),
      random.fork("abcdefgh", "i"),
      Random(2).fork("a"),
  };
  std::set<Words> blocks;
  for (const Random& stream : streams) blocks.insert(stream.block(0));
  CHECK(blocks.size() == streams.size());
}

TEST_CASE("a million forks have a million keys") {
  const Random random(5);
  std::vector<std::uint64_t> words;
  for (int i = 0; i < 1'000'000; ++i) {
    const Words block = random.fork(i).block(0);
    words.push_back(std::uint64_t{block[0]} << 32 | block[1]);
  }
  std::sort(words.begin(), words.end());
  CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
}

TEST_CASE("streams of neighbouring forks and seeds are not correlated") {
  constexpr int count = 200'000;
  const double bound = 5 / std::sqrt(count);
  const Random random(7);
  CHECK(std::abs(correlation(random.fork(0), random.fork(1), count)) < bound);
  CHECK(std::abs(correlation(random, random.fork(0), count)) < bound);
  CHECK(std::abs(correlation(random.fork("a"), random.fork("b"), count)) < bound);
  CHECK(std::abs(correlation(Random(1), Random(2), count)) < bound);
  CHECK(correlation(Random(1), Random(1), count) == Catch::Approx(1).margin(0.02));
}

TEST_CASE("each of the 32 bits is set half of the time") {
  Random random(11);
  constexpr int draws = 1'000'000;
  std::array<int, 32> counts{};
  for (int i = 0; i < draws; ++i) {
    const std::uint32_t bits = random.bits();
    for (std::size_t bit = 0; bit < 32; ++bit) counts[bit] += static_cast<int>(bits >> bit & 1);
  }
  for (const int count : counts) CHECK(std::abs(count - draws / 2) < 5 * std::sqrt(draws) / 2);
}

TEST_CASE("uniform numbers fill the interval from 0 to 1 evenly") {
  constexpr std::size_t draws = 1'000'000;
  Random random(13);
  CHECK(chi_square(histogram(1000, draws, [&] { return random.uniform(); }), draws) < 5);
  CHECK(chi_square(histogram(1000, draws, [&] { return random.uniform_double(); }), draws) < 5);
}

TEST_CASE("pairs of consecutive uniform numbers fill the square evenly") {
  constexpr std::size_t draws = 1'000'000;
  Random random(17);
  const auto pair = [&] {
    const double row = std::floor(random.uniform_double() * 32);
    return (row + random.uniform_double()) / 32;
  };
  CHECK(chi_square(histogram(1024, draws, pair), draws) < 5);
}

TEST_CASE("normal numbers have the normal distribution, moments and tails") {
  constexpr std::size_t draws = 1'000'000;
  const auto check = [&](const std::function<double()>& draw) {
    std::array<double, 5> moments{};
    std::size_t beyond_4 = 0;
    const auto counts = histogram(1000, draws, [&] {
      const double x = draw();
      for (int power = 1; power <= 4; ++power)
        moments[static_cast<std::size_t>(power)] += std::pow(x, power) / draws;
      beyond_4 += std::abs(x) > 4;
      return normal_distribution(x);
    });
    CHECK(chi_square(counts, draws) < 5);
    const double unit = 1 / std::sqrt(static_cast<double>(draws));
    CHECK(std::abs(moments[1]) < 5 * unit);
    CHECK(std::abs(moments[2] - 1) < 5 * std::sqrt(2.0) * unit);
    CHECK(std::abs(moments[3]) < 5 * std::sqrt(15.0) * unit);
    CHECK(std::abs(moments[4] - 3) < 5 * std::sqrt(96.0) * unit);
    CHECK(std::abs(static_cast<double>(beyond_4) - 63.3) < 5 * 8);  // 2 (1 - Phi(4)) of a million
  };
  Random random(19);
  check([&] { return random.normal(); });
  check([&] { return random.normal_double(); });
}

TEST_CASE("consecutive normal numbers are not correlated") {
  constexpr int draws = 1'000'000;
  Random random(23);
  double sum = 0, last = random.normal_double();
  for (int i = 0; i < draws; ++i) {
    const double next = random.normal_double();
    sum += last * next;
    last = next;
  }
  CHECK(std::abs(sum / draws) < 5 / std::sqrt(draws));
}

TEST_CASE("the logarithm and cosine of the normal numbers are those of the C library") {
  Random random(29);
  for (int i = 0; i < 100'000; ++i) {
    const double u = std::ldexp(random.uniform_double() + 0x1p-53,
                                -static_cast<int>(random.integer(60)));
    REQUIRE_THAT(detail::natural_logarithm(u),
                 Catch::Matchers::WithinRel(std::log(u), 1e-15));
    REQUIRE_THAT(detail::cosine_of_turns(u),
                 Catch::Matchers::WithinAbs(std::cos(2 * 3.14159265358979324 * u), 1e-14));
  }
  CHECK(detail::natural_logarithm(1) == 0);
}

TEST_CASE("integers below n are all as likely, for n of every size") {
  Random random(31);
  constexpr std::size_t draws = 300'000;
  for (const std::uint32_t n : {2u, 3u, 10u, 257u}) {
    std::vector<std::size_t> counts(n);
    for (std::size_t i = 0; i < draws; ++i) {
      const std::uint32_t value = random.integer(n);
      if (value >= n) FAIL(value << " is not below " << n);
      ++counts[value];
    }
    CHECK(chi_square(counts, draws) < 5);
  }
  // Here a modulus alone would give the lower half twice as often.
  const std::uint32_t large = 0xC0000000;
  CHECK(chi_square(histogram(3, draws,
                             [&] { return random.integer(large) / static_cast<double>(large); }),
                   draws) < 5);
}

TEST_CASE("the only integer below 1 is 0 and below 0 there is none") {
  Random random(37);
  for (int i = 0; i < 10; ++i) CHECK(random.integer(1) == 0);
  CHECK_THROWS_AS(random.integer(0), Error);
}

TEST_CASE("shuffled numbers are all there, in every order as often") {
  Random random(41);
  std::vector<std::uint32_t> sorted = shuffled(random, 1000);
  CHECK_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 1000; ++i) REQUIRE(sorted[i] == i);
  CHECK(shuffled(random, 0).empty());

  std::vector<std::size_t> counts(24);
  constexpr std::size_t draws = 120'000;
  for (std::size_t i = 0; i < draws; ++i) {
    const auto order = shuffled(random, 4);
    std::vector<std::uint32_t> next{0, 1, 2, 3};
    std::size_t index = 0;
    while (!std::equal(order.begin(), order.end(), next.begin())) {
      std::next_permutation(next.begin(), next.end());
      ++index;
    }
    ++counts[index];
  }
  CHECK(chi_square(counts, draws) < 5);
}

TEST_CASE("shuffling keeps the elements") {
  Random random(43);
  std::string letters = "abcdefghijklmnopqrstuvwxyz";
  const std::string before = letters;
  random.shuffle(letters.data(), letters.size());
  CHECK(letters != before);
  std::sort(letters.begin(), letters.end());
  CHECK(letters == before);
  CHECK_THROWS_AS(random.shuffle(letters.data(), std::size_t{1} << 33), Error);
}

TEST_CASE("a tensor is filled with normal and uniform numbers of given parameters") {
  Random random(47);
  Tensor<float, 500, 200> a;
  random.normal(a, 3, 0.5);
  double sum = 0, squares = 0;
  for (const float x : a) {
    sum += x;
    squares += (x - 3.0) * (x - 3.0);
  }
  CHECK(sum / 100'000 == Catch::Approx(3).margin(0.01));
  CHECK(squares / 100'000 == Catch::Approx(0.25).margin(0.01));

  Tensor<double, dynamic, 10> b(1000);
  random.uniform(b, -2, 6);
  CHECK(*std::min_element(b.begin(), b.end()) >= -2);
  CHECK(*std::min_element(b.begin(), b.end()) < -1.9);
  CHECK(*std::max_element(b.begin(), b.end()) < 6);
  CHECK(*std::max_element(b.begin(), b.end()) > 5.9);
}
