#include <catch2/catch_test_macros.hpp>

#include "source_tree.hpp"

// The code on the pages is code that is compiled.
//
// A page is README.md or a README.md below include/weft. Above each block of ```cpp or ```cmake
// stands the file it is taken from, as a path from the root:
//
//   <!-- all of examples/quickstart/main.cpp -->        the block is that file
//   <!-- part of tests/snippets/add_operation.cpp -->   the block is consecutive lines of that file,
//                                                       which may stand further in
//
// Files below examples/ and tests/ are compiled by their CMakeLists.txt.

namespace {

using Lines = std::vector<std::string>;

struct Snippet {
  std::size_t line;    // where its block begins, from 1
  std::string source;  // the comment above it
  Lines code;
};

std::vector<Snippet> snippets_of(const Lines& page) {
  std::vector<Snippet> snippets;
  bool inside = false, wanted = false;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const bool fence = page[i].compare(0, 3, "```") == 0;
    if (fence && !inside) {
      wanted = page[i] == "```cpp" || page[i] == "```cmake";
      if (wanted) snippets.push_back({i + 1, i > 0 ? page[i - 1] : "", {}});
    } else if (inside && wanted && !fence) {
      snippets.back().code.push_back(page[i]);
    }
    if (fence) inside = !inside;
  }
  return snippets;
}

// The path in "<!-- all of PATH -->"; empty for any other line.
std::string path_after(const std::string& start, const std::string& comment) {
  const std::string opening = "<!-- " + start + " ", closing = " -->";
  if (comment.size() <= opening.size() + closing.size()) return {};
  if (comment.compare(0, opening.size(), opening) != 0) return {};
  return comment.substr(opening.size(), comment.size() - opening.size() - closing.size());
}

// Whether some consecutive lines are those of the snippet, all of them the same distance further in.
bool contains(const Lines& file, const Lines& code) {
  for (std::size_t begin = 0; begin + code.size() <= file.size(); ++begin) {
    const std::size_t indent = file[begin].find_first_not_of(' ');
    const std::size_t wanted = code.empty() ? 0 : code[0].find_first_not_of(' ');
    if (indent == std::string::npos || indent < wanted) continue;
    const std::string margin(indent - wanted, ' ');
    const auto same = [&](const std::string& text, const std::string& line) {
      return line == (text.empty() ? text : margin + text);
    };
    if (std::equal(code.begin(), code.end(), file.begin() + static_cast<std::ptrdiff_t>(begin),
                   same))
      return true;
  }
  return false;
}

// What is wrong with a snippet; empty if nothing is.
std::string wrong_with(const Snippet& snippet) {
  const std::string whole = path_after("all of", snippet.source);
  const std::string part = path_after("part of", snippet.source);
  const std::string path = whole + part;
  if (path.empty()) return "no comment above it names its file";
  if (path.compare(0, 9, "examples/") != 0 && path.compare(0, 6, "tests/") != 0)
    return path + " is not compiled: it must be below examples/ or tests/";
  const Lines file = source_tree::lines_of(source_tree::root / path);
  if (file.empty()) return "there is no file " + path;
  if (!whole.empty() && snippet.code != file) return "it differs from " + path;
  if (!part.empty() && !contains(file, snippet.code)) return "it is not in " + path;
  return {};
}

}  // namespace

TEST_CASE("every snippet on a page is the code of a compiled file") {
  Lines pages{"README.md"};
  for (const std::string& page : source_tree::files_below(source_tree::root / "include", ".md"))
    pages.push_back("include/" + page);
  for (const std::string& page : pages)
    for (const Snippet& snippet : snippets_of(source_tree::lines_of(source_tree::root / page))) {
      INFO(page << ", line " << snippet.line);
      CHECK(wrong_with(snippet) == "");
    }
}

TEST_CASE("the README shows the whole quickstart program") {
  const Lines readme = source_tree::lines_of(source_tree::root / "README.md");
  CHECK(std::count(readme.begin(), readme.end(), "<!-- all of examples/quickstart/main.cpp -->") == 1);
}

TEST_CASE("a snippet that differs from its file is found") {
  const std::string self = "tests/structure/snippets.cpp";
  const Lines file = source_tree::lines_of(source_tree::root / self);
  const auto wrong = [](const std::string& source, const Lines& code) {
    Lines page{source, "```cpp"};
    page.insert(page.end(), code.begin(), code.end());
    page.push_back("```");
    REQUIRE(snippets_of(page).size() == 1);
    return !wrong_with(snippets_of(page)[0]).empty();
  };
  CHECK_FALSE(wrong("<!-- all of " + self + " -->", file));
  CHECK_FALSE(wrong("<!-- part of " + self + " -->", {"using Lines = std::vector<std::string>;"}));
  CHECK_FALSE(wrong("<!-- part of " + self + " -->", {"Lines page{source, \"```cpp\"};"}));
  CHECK(wrong("<!-- part of " + self + " -->", {"using Lines = std::vector<int>;"}));
  CHECK(wrong("<!-- all of " + self + " -->", {file.begin(), file.end() - 1}));
  CHECK(wrong("<!-- all of tests/structure/nowhere.cpp -->", file));
  CHECK(wrong("<!-- part of include/weft/weft.hpp -->", {"#pragma once"}));
  CHECK(wrong("", file));
}
