#include <weft/io/folder.hpp>

#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>

#include <sys/wait.h>

using namespace weft;
using Catch::Matchers::ContainsSubstring;

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

TEST_CASE("a folder that is locked is refused by name until its lock is gone, and holds no more") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "run");
  {
    FolderLock lock(folder / "run");
    const FolderLock moved(std::move(lock));
    CHECK_THROWS_WITH(FolderLock(folder / "run"),
                      ContainsSubstring("another process") && ContainsSubstring(folder / "run"));
    CHECK(std::filesystem::is_empty(folder / "run"));
  }
  CHECK_NOTHROW(FolderLock(folder / "run"));
  CHECK_THROWS_WITH(FolderLock(folder / "none"), ContainsSubstring(folder / "none"));
}

TEST_CASE("a killed process leaves no lock") {
  const TemporaryFolder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const FolderLock lock(folder / "");
    [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
    while (true) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK_THROWS_AS(FolderLock(folder / ""), Error);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK_NOTHROW(FolderLock(folder / ""));
  for (const int end : ready) ::close(end);
}
