#include <catch2/catch_test_macros.hpp>

#include "compare.hpp"

// One program with the library in it once for each instruction set.

namespace variants {
Results sse4_2();
Results avx2();
Results avx512();
Results avx512_in_halves();
}  // namespace variants

namespace {

// The processor's word on whether it can run a build.
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512vl");
}

void check(const variants::Results& results, const std::string& name) {
  std::printf("running the %s build\n", results.instruction_set.c_str());
  CHECK(results.instruction_set == name);
  CHECK(variants::disagreements(results) == "");
}

}  // namespace

TEST_CASE("the SSE4.2 build says what it is and agrees with double") {
  check(variants::sse4_2(), "SSE4.2");
}

TEST_CASE("the AVX2 build says what it is and agrees with double") {
  if (!has_avx2()) SKIP("this processor has no AVX2");
  check(variants::avx2(), "AVX2");
}

TEST_CASE("the AVX-512 build says what it is and agrees with double") {
  if (!has_avx512()) SKIP("this processor has no AVX-512");
  check(variants::avx512(), "AVX-512");
}

TEST_CASE("AVX-512 with half registers in products has the same bits as without") {
  if (!has_avx512()) SKIP("this processor has no AVX-512");
  const variants::Results halves = variants::avx512_in_halves();
  const variants::Results wholes = variants::avx512();
  check(halves, "AVX-512");
  REQUIRE(halves.numbers.size() == wholes.numbers.size());
  for (std::size_t i = 0; i < halves.numbers.size(); ++i) {
    INFO(halves.numbers[i].name);
    CHECK(halves.numbers[i].in_float == wholes.numbers[i].in_float);
    CHECK(halves.numbers[i].in_double == wholes.numbers[i].in_double);
  }
}

TEST_CASE("builds for different instruction sets agree within one program") {
  if (!has_avx2()) SKIP("this processor has no AVX2");
  const variants::Results narrow = variants::sse4_2();
  const variants::Results wide = has_avx512() ? variants::avx512() : variants::avx2();
  REQUIRE(narrow.numbers.size() == wide.numbers.size());
  for (std::size_t i = 0; i < narrow.numbers.size(); ++i) {
    INFO(narrow.numbers[i].name);
    CHECK(variants::agree(narrow.numbers[i].in_float, wide.numbers[i].in_float));
    CHECK(variants::agree(narrow.numbers[i].in_double, wide.numbers[i].in_double));
  }
}
