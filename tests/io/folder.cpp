#include <weft/io/folder.hpp>

#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEST_CASE("a folder's names come in alphabetical order, and none from one that is not there") {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", "c"}) TemporaryFolder::put(folder / name, "");
  CHECK(names_in_folder(folder / "") == std::vector<std::string>{"a", "b", "c"});
  CHECK(names_in_folder(folder / "none").empty());
  CHECK_THROWS_AS(names_in_folder(folder / "a"), Error);
}

TEST_CASE("a folder is made unless it is there") {
  const TemporaryFolder folder;
  make_folder(folder / "new");
  make_folder(folder / "new");
  CHECK(folder.files() == std::vector<std::string>{"new"});
  CHECK_THROWS_AS(make_folder(folder / "none/below"), Error);
}

TEST_CASE("what killed writers have left is removed, and nothing else") {
  const TemporaryFolder folder;
  for (const char* name : {"a.npy", "a.npy.partial-12-0", "b.partial-3-1"})
    TemporaryFolder::put(folder / name, "");
  remove_partial_files(folder / "");
  CHECK(folder.files() == std::vector<std::string>{"a.npy"});
}
