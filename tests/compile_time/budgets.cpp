#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <tests/structure/source_tree.hpp>

#include <sys/resource.h>

// What including weft may cost, as ratios of the compiler's user time to that of a bare xsimd
// include, the least of five. The times of a busy machine vary; their ratios hardly do.

namespace {

double user_seconds_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

// Seconds to compile a file with these lines.
double seconds_to_compile(const std::vector<std::string>& lines) {
  std::ofstream source("compile_time.cpp");
  for (const std::string& line : lines) source << line << '\n';
  source.close();
  const double before = user_seconds_of_children();
  REQUIRE(std::system(WEFT_COMPILE " -O2 -c compile_time.cpp -o /dev/null") == 0);
  return user_seconds_of_children() - before;
}

// The least of five for each of several files, taken in turn so that all see the same machine.
std::vector<double> least_seconds(const std::vector<std::vector<std::string>>& files) {
  std::vector<double> least(files.size(), 1e9);
  for (int round = 0; round < 5; ++round)
    for (std::size_t i = 0; i < files.size(); ++i)
      least[i] = std::min(least[i], seconds_to_compile(files[i]));
  return least;
}

const std::vector<std::string> bare_xsimd{"#include <xsimd/xsimd.hpp>"};

}  // namespace

TEST_CASE("including everything but io and train takes at most 1.3 times a bare xsimd include") {
  std::vector<std::string> part;
  for (const std::string& line : source_tree::lines_of(source_tree::root / "include/weft/weft.hpp"))
    if (line.find("<weft/io/") == std::string::npos && line.find("<weft/train/") == std::string::npos)
      part.push_back(line);
  const auto seconds = least_seconds({bare_xsimd, part});
  INFO(seconds[1] << " s, bare xsimd " << seconds[0] << " s");
  CHECK(seconds[1] <= 1.3 * seconds[0]);
}

TEST_CASE("including weft.hpp takes at most twice a bare xsimd include") {
  const auto seconds = least_seconds({bare_xsimd, {"#include <weft/weft.hpp>"}});
  INFO(seconds[1] << " s, bare xsimd " << seconds[0] << " s");
  CHECK(seconds[1] <= 2.0 * seconds[0]);
}
