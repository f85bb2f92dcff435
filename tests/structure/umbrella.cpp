#include <catch2/catch_test_macros.hpp>

#include "source_tree.hpp"

TEST_CASE("weft.hpp includes every header but those of interop and distributed") {
  const auto folder = source_tree::root / "include/weft";
  std::vector<std::string> expected;
  for (const std::string& file : source_tree::files_below(folder, ".hpp")) {
    const std::string module = file.substr(0, file.find('/'));
    if (file != "weft.hpp" && module != "interop" && module != "distributed")
      expected.push_back("<weft/" + file + ">");
  }
  std::vector<std::string> included;
  for (const std::string& line : source_tree::lines_of(folder / "weft.hpp"))
    if (const std::string name = source_tree::included_by(line); !name.empty())
      included.push_back(name);
  std::sort(included.begin(), included.end());
  std::sort(expected.begin(), expected.end());
  CHECK(included == expected);
}
