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

// How many times a bare xsimd include each compilation costs, round by round: what else the host
// does comes and goes within seconds, so it is in both parts of a ratio, or in rounds that a median
// passes over. The bare include is compiled before and after.
std::vector<std::vector<double>> ratios_of(const std::vector<std::string>& compilations) {
  std::vector<std::vector<double>> rounds(9);
  for (std::vector<double>& ratios : rounds) {
    double bare = seconds_to_compile(bare_xsimd) / 2;
    for (const std::string& one : compilations) ratios.push_back(seconds_to_compile(one));
    bare += seconds_to_compile(bare_xsimd) / 2;
    for (double& ratio : ratios) ratio /= bare;
  }
  return rounds;
}

template <class Cost>
double median(const std::vector<std::vector<double>>& rounds, Cost cost) {
  std::vector<double> costs;
  for (const std::vector<double>& ratios : rounds) costs.push_back(cost(ratios));
  std::sort(costs.begin(), costs.end());
  return costs[costs.size() / 2];
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
  const auto rounds =
      ratios_of({part + nothing_else, "-include weft/weft.hpp" + nothing_else});
  CHECK(median(rounds, [](const auto& ratios) { return ratios[0]; }) <= 1.3);
  CHECK(median(rounds, [](const auto& ratios) { return ratios[1]; }) <= 2.0);
}

TEST_CASE("one more shape of a two-layer model costs less than 0.15 of a bare xsimd include") {
  const std::string shapes = (source_tree::root / "tests/compile_time/shapes.cpp").string();
  const auto rounds = ratios_of({"-D SHAPES=1 " + shapes, "-D SHAPES=6 " + shapes});
  CHECK(median(rounds, [](const auto& ratios) { return (ratios[1] - ratios[0]) / 5; }) < 0.15);
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
