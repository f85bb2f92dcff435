#include <catch2/catch_test_macros.hpp>

#include <tests/structure/source_tree.hpp>

#include <algorithm>
#include <cstdlib>

#include <sys/resource.h>

// What compiling weft may cost, in the compiler's user time: as ratios to that of a bare xsimd
// include, and in seconds for the examples.

namespace {

double user_seconds_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

double seconds_to_compile(const std::string& arguments) {
  const std::string command = WEFT_COMPILE " -O2 -c -o /dev/null " + arguments;
  const double before = user_seconds_of_children();
  REQUIRE(std::system(command.c_str()) == 0);
  return user_seconds_of_children() - before;
}

const std::string nothing_else = " -x c++ /dev/null";
const std::string bare_xsimd = "-include xsimd/xsimd.hpp" + nothing_else;

// The median of how many times a bare xsimd include the compilations cost, taken together as
// `cost` says. They are timed in turn, round by round, and each round gives one ratio, so that
// what else the host does, which comes and goes within seconds, is in both of its parts or
// among the rounds that the median passes over. The bare include is compiled before and after.
template <class Cost>
double median_ratio(const std::vector<std::string>& compilations, Cost cost) {
  constexpr std::size_t rounds = 15;
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    double bare = seconds_to_compile(bare_xsimd) / 2;
    std::vector<double> seconds;
    for (const std::string& one : compilations) seconds.push_back(seconds_to_compile(one));
    bare += seconds_to_compile(bare_xsimd) / 2;
    ratios.push_back(cost(seconds) / bare);
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios[rounds / 2];
}

}  // namespace

TEST_CASE("what including weft costs is within its budgets") {
  const auto folder = source_tree::root / "include/weft";
  std::string part;  // all but io and train
  for (const std::string& file : source_tree::files_below(folder, ".hpp")) {
    const std::string module = file.substr(0, file.find('/'));
    if (file != "weft.hpp" && module != "io" && module != "train" && module != "interop" &&
        module != "distributed")
      part += "-include weft/" + file + ' ';
  }
  const auto first = [](const std::vector<double>& seconds) { return seconds[0]; };
  CHECK(median_ratio({part + nothing_else}, first) <= 1.3);
  CHECK(median_ratio({"-include weft/weft.hpp" + nothing_else}, first) <= 2.0);
}

TEST_CASE("one more shape of a two-layer model costs less than 0.15 of a bare xsimd include") {
  const std::string shapes = (source_tree::root / "tests/compile_time/shapes.cpp").string();
  const auto one_more = [](const std::vector<double>& seconds) {
    return (seconds[1] - seconds[0]) / 5;
  };
  CHECK(median_ratio({"-D SHAPES=1 " + shapes, "-D SHAPES=6 " + shapes}, one_more) < 0.15);
}

#ifdef WEFT_EXAMPLE_FLAGS

TEST_CASE("the main file of each example compiles in less than 20 seconds") {
  std::vector<std::string> mains;
  for (const auto& entry : std::filesystem::directory_iterator(source_tree::root / "examples"))
    if (const auto main = entry.path() / "main.cpp"; std::filesystem::exists(main))
      mains.push_back(main.string());
  REQUIRE(mains.size() >= 2);
  for (const std::string& main : mains) {
    double least = 1e9;  // of up to three, since something else may be running
    for (int round = 0; round < 3 && least >= 20; ++round)
      least = std::min(least, seconds_to_compile(WEFT_EXAMPLE_FLAGS " " + main));
    INFO(main << ": " << least << " s");
    CHECK(least < 20);
  }
}

#endif
