#include <catch2/catch_test_macros.hpp>

#include "source_tree.hpp"

// CMake's lists end at a semicolon and do not end inside brackets: a name with one of them would
// make one test of several, which then runs none of them.
TEST_CASE("names of tests hold neither semicolons nor square brackets") {
  const auto folder = source_tree::root / "tests";
  for (const std::string& file : source_tree::files_below(folder, ".cpp"))
    for (const std::string& line : source_tree::lines_of(folder / file)) {
      const std::size_t begin = line.find("TEST_CASE");
      const std::size_t name = line.find('"', begin);
      if (begin == std::string::npos || name == std::string::npos) continue;
      const std::size_t end = line.find('"', name + 1);
      INFO("tests/" << file << ": " << line);
      CHECK(line.substr(name + 1, end - name - 1).find_first_of(";[]") == std::string::npos);
    }
}
