#include <weft/core/environment.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weft;

TEST_CASE("the environment names the instruction set, the threads and the build") {
  CHECK(describe({"AVX2", "AVX2", 3, true, true}) == "AVX2, 3 threads (OpenMP), optimized build");
  CHECK(describe({"AVX2", "AVX2", 1, false, false}) ==
        "AVX2, 1 thread (built without OpenMP), build without optimization");
}

TEST_CASE("a build for less than the machine offers is warned of") {
  const std::string text = describe({"SSE4.2", "AVX-512", 2, true, true});
  CHECK(text.find("\nwarning: built for SSE4.2, this machine has AVX-512") != std::string::npos);
}

TEST_CASE("this program runs on a machine with its instruction set") {
  const std::string order[] = {"SSE2", "SSE4.2", "AVX2", "AVX-512"};
  const auto rank = [&](std::string_view name) {
    int found = -1;
    for (int i = 0; i < 4; ++i)
      if (order[i] == name) found = i;
    return found;
  };
  const Environment here = environment(2);
  CHECK(here.instruction_set == instruction_set);
  CHECK(here.threads == 2);
  CHECK(rank(here.machine) >= rank(here.instruction_set));
#if defined(_OPENMP)
  CHECK(here.is_parallel);
#else
  CHECK_FALSE(here.is_parallel);
#endif
}
