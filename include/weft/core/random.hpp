#pragma once

#include <weft/core/error.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weft::inline WEFT_TARGET {

// Philox4x32-10: a bijection of 128-bit counters, chosen by a 64-bit key, whose output on
// 0, 1, 2, ... is a random sequence. Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3", section 3.3 and table 2.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

namespace detail {

// These two stand in for functions of the C library, whose last bit depends on its version and on
// the processor. Built from +, -, * and / alone, they give the same bits everywhere.

// ln(x) for normal positive x, within 1e-15 relative.
inline double natural_logarithm(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // in [0.5, 1), then [0.707, 1.415)
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2;
    --exponent;
  }
  // ln(m) = 2 atanh(t) = 2 t (1 + t^2 / 3 + t^4 / 5 + ...), |t| < 0.172.
  static constexpr auto coefficients = [] {
    std::array<double, 11> result{};
    for (int n = 0; n < 11; ++n) result[static_cast<std::size_t>(n)] = 1.0 / (2 * n + 1);
    return result;
  }();
  const double t = (mantissa - 1) / (mantissa + 1);
  const double square = t * t;
  double sum = 0;
  for (std::size_t n = 11; n-- > 0;) sum = sum * square + coefficients[n];
  return exponent * 0.69314718055994531 + 2 * t * sum;
}

// cos(2 pi u) for u in [0, 1), within 1e-14.
inline double cosine_of_turns(double u) {
  // With x = pi (u - 1/2): cos(2 pi u) = 2 sin(x)^2 - 1, sin(x) = x - x^3 / 3! + x^5 / 5! - ...
  static constexpr auto coefficients = [] {
    std::array<double, 12> result{1};
    for (int n = 1; n < 12; ++n) {
      const auto index = static_cast<std::size_t>(n);
      result[index] = -result[index - 1] / (2 * n * (2 * n + 1));
    }
    return result;
  }();
  const double x = 3.14159265358979324 * (u - 0.5);
  const double square = x * x;
  double sum = 0;
  for (std::size_t n = 12; n-- > 0;) sum = sum * square + coefficients[n];
  const double sine = x * sum;
  return 2 * sine * sine - 1;
}

}  // namespace detail

// A stream of random numbers: Philox at the counters 0, 1, 2, ... of one key.
//
// Streams are named, not shared: fork() makes one that depends on the seed and on what it is for,
// and on nothing that was drawn. So adding a draw in one place moves no number in another, and
// threads need no lock:
//
//   Random random{seed};
//   Random shuffling = random.fork("shuffle", epoch);
//
// The numbers are the same bits for every compiler, instruction set and C library (given
// -ffp-contract=off, which the target weft::weft carries). Copying a stream repeats its numbers.
class Random {
 public:
  explicit Random(std::uint64_t seed) : key_(seed) {}

  // An independent stream, keyed by its purpose: a number, a name, or several of them in turn;
  // fork(a, b) is fork(a).fork(b). This stream does not change.
  template <class Purpose, class... More>
    requires(std::is_integral_v<Purpose> || std::is_enum_v<Purpose>)
  Random fork(Purpose purpose, const More&... more) const {
    const auto number = static_cast<std::uint64_t>(purpose);
    return fork_key(number, {for_numbers, 0}).fork_more(more...);
  }
  template <class... More>
  Random fork(std::string_view purpose, const More&... more) const {
    return fork_name(purpose).fork_more(more...);
  }

  // What tells this stream from others.
  std::uint64_t key() const { return key_; }

  // The four words at one counter, whatever was drawn before.
  std::array<std::uint32_t, 4> block(std::uint64_t counter) const {
    return philox({low(counter), high(counter), for_draws, 0}, {low(key_), high(key_)});
  }

  // 32 random bits, the next of the stream.
  std::uint32_t bits() {
    if (used_ == 4) {
      buffer_ = block(counter_++);
      used_ = 0;
    }
    return buffer_[used_++];
  }

  // Uniform in [0, 1), a multiple of 2^-24.
  float uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24f; }
  // Uniform in [0, 1), a multiple of 2^-53.
  double uniform_double() {
    const std::uint64_t first = bits();
    return static_cast<double>((first << 32 | bits()) >> 11) * 0x1p-53;
  }

  // Normal with mean 0 and deviation 1, from two words; below 6.7 in magnitude.
  // Box and Muller 1958: sqrt(-2 ln u) cos(2 pi v).
  float normal() {
    const double u = (bits() + 1.0) * 0x1p-32;  // in (0, 1]
    const double v = bits() * 0x1p-32;
    return static_cast<float>(box_muller(u, v));
  }
  // The same with all digits of a double, from four words; below 8.6 in magnitude.
  double normal_double() {
    const double u = uniform_double() + 0x1p-53;
    return box_muller(u, uniform_double());
  }

  // Uniform in {0, ..., n - 1}, without bias. Throws Error for n = 0.
  // Lemire 2019, "Fast random integer generation in an interval", algorithm 5.
  std::uint32_t integer(std::uint32_t n) {
    if (n == 0) fail("integer", "the bound must be above 0", "0");
    std::uint64_t product = std::uint64_t{bits()} * n;
    if (low(product) < n) {
      const std::uint32_t threshold = (0u - n) % n;  // 2^32 mod n
      while (low(product) < threshold) product = std::uint64_t{bits()} * n;
    }
    return high(product);
  }

  // Every order of begin[0], ..., begin[count - 1] with the same probability: Fisher and Yates.
  // Throws Error for 2^32 elements or more.
  template <class T>
  void shuffle(T* begin, std::size_t count) {
    check_count("shuffle", count);
    using std::swap;
    for (std::size_t i = count; i > 1; --i)
      swap(begin[i - 1], begin[integer(static_cast<std::uint32_t>(i))]);
  }

  // Fill a tensor, or any other range of float or double, with normal numbers, or with uniform ones
  // from `from` to `to`, which itself can come out only by rounding.
  template <class Range>
  void normal(Range& range, double mean, double deviation) {
    for (auto& value : range) value = scaled(mean, deviation, normal_of(value));
  }
  template <class Range>
  void uniform(Range& range, double from, double to) {
    for (auto& value : range) value = scaled(from, to - from, uniform_of(value));
  }

 private:
  // The third word of a counter says what it is for, so draws and keys never meet.
  enum Domain : std::uint32_t { for_draws, for_numbers, for_names };

  static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
  }

  Random fork_key(std::uint64_t purpose, std::array<std::uint32_t, 2> domain) const {
    const auto words = philox({low(purpose), high(purpose), domain[0], domain[1]},
                              {low(key_), high(key_)});
    return Random(std::uint64_t{words[1]} << 32 | words[0]);
  }
  [[gnu::noinline]] Random fork_name(std::string_view name) const {
    // Eight characters at a time; the number of those left keeps "a" apart from "a\0".
    Random result = *this;
    do {
      std::uint64_t characters = 0;
      const std::string_view part = name.substr(0, 8);
      for (char c : part) characters = characters << 8 | static_cast<unsigned char>(c);
      result = result.fork_key(characters, {for_names, static_cast<std::uint32_t>(name.size())});
      name.remove_prefix(part.size());
    } while (!name.empty());
    return result;
  }
  Random fork_more() const { return *this; }
  template <class... More>
  Random fork_more(const More&... more) const {
    return fork(more...);
  }

  static double box_muller(double u, double v) {
    return std::sqrt(-2 * detail::natural_logarithm(u)) * detail::cosine_of_turns(v);
  }

  float normal_of(float) { return normal(); }
  double normal_of(double) { return normal_double(); }
  float uniform_of(float) { return uniform(); }
  double uniform_of(double) { return uniform_double(); }
  template <class T>
  static T scaled(double offset, double factor, T value) {
    return static_cast<T>(offset + factor * static_cast<double>(value));
  }

  static void check_count(const char* operation, std::size_t count) {
    if (count > 0xFFFFFFFFu)
      fail(operation, "there must be fewer than 2^32 elements", std::to_string(count));
  }

  std::uint64_t key_;
  std::uint64_t counter_ = 0;  // of the next block
  std::array<std::uint32_t, 4> buffer_{};
  std::uint32_t used_ = 4;  // words of the buffer that were handed out
};

}  // namespace weft
