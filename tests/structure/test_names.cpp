#include <catch2/catch_test_macros.hpp>

#include "source_tree.hpp"

// CMake splits lists at semicolons, but not inside square brackets: a name with one of them would
// make one test of several, which then runs none of them.
TEST_CASE("names of tests hold neither semicolons nor square brackets") {
  const auto folder = source_tree::root / "tests";
  for (const std::string& file : source_tree::files_below(folder, ".cpp"))
    for (const std::string& line : source_tree::lines_of(folder / file)) {
      const std::size_t name = line.find('"');
      const bool is_case = line.substr(0, name).find("TEST_CASE") != std::string::npos;
      if (!is_case || name == std::string::npos || line[0] == ' ') continue;
      const std::size_t end = line.find('"', name + 1);
      INFO("tests/" << file << ": " << line);
      CHECK(line.substr(name + 1, end - name - 1).find_first_of(";[]") == std::string::npos);
    }
}
