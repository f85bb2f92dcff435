#include <weft/io/file.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <vector>

#include <sys/syscall.h>
#include <sys/wait.h>

#include "full_disk.hpp"
#include "temporary_folder.hpp"

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

int folder_error = 0;  // of fsync() of a folder; 0: none

}  // namespace

// In place of the C library's.
extern "C" int fsync(int descriptor) {
  struct stat status {};
  if (folder_error != 0 && ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = folder_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace {

// The message of the Error that a function throws; empty without one.
template <class Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a file reads back as it was written, zero bytes and all") {
  const TemporaryFolder folder;
  const std::string text("a\0b\r\n\xff", 6);
  for (const std::string& contents : {std::string(), text, std::string(100'000, 'x')}) {
    write_file(folder / "file", contents);
    CHECK(read_file(folder / "file") == contents);
  }
  CHECK(folder.files() == std::vector<std::string>{"file"});
}

TEST_CASE("a file is absent until it is committed") {
  const TemporaryFolder folder;
  {
    FileWriter file(folder / "file");
    file.write("half");
    CHECK_FALSE(std::filesystem::exists(folder / "file"));
    CHECK(folder.files().size() == 1);
    file.write(" and half");
    file.commit();
  }
  CHECK(read_file(folder / "file") == "half and half");
}

TEST_CASE("a file that only its owner may read stays one") {
  const TemporaryFolder folder;
  const std::string path = folder / "private";
  write_file(path, "old");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  write_file(path, "new");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(read_file(path) == "new");
}

TEST_CASE("a file that is given up leaves nothing, and an older one as it was") {
  const TemporaryFolder folder;
  write_file(folder / "file", "older");
  { FileWriter(folder / "file").write("newer"); }
  { FileWriter(folder / "other").write("newer"); }
  CHECK(read_file(folder / "file") == "older");
  CHECK(folder.files() == std::vector<std::string>{"file"});
}

TEST_CASE("two writers of one file do not mix") {
  const TemporaryFolder folder;
  FileWriter first(folder / "file"), second(folder / "file");
  first.write("first");
  second.write("second");
  first.commit();
  CHECK(read_file(folder / "file") == "first");
  second.commit();
  CHECK(read_file(folder / "file") == "second");
}

TEST_CASE("a full disk is an error with path and reason and leaves no file") {
  const TemporaryFolder folder;
  write_file(folder / "file", "older");
  const std::string message = error_of([&] {
    const FullDisk full(10'000);
    write_file(folder / "file", std::string(50'000, 'x'));
  });
  CHECK_THAT(message, ContainsSubstring(folder / "file"));
  CHECK_THAT(message, ContainsSubstring("File too large"));
  CHECK(read_file(folder / "file") == "older");
  CHECK(folder.files() == std::vector<std::string>{"file"});
}

TEST_CASE("a folder that cannot be brought to the disk is an error, unless none can") {
  const TemporaryFolder folder;
  folder_error = EINVAL;
  CHECK(error_of([&] { write_file(folder / "file", "older"); }).empty());
  folder_error = EIO;
  CHECK(error_of([&] { write_file(folder / "file", "newer"); }) ==
        "[sync folder] Input/output error: " + folder / "");
  folder_error = 0;
  CHECK(read_file(folder / "file") == "newer");
  CHECK(folder.files() == std::vector<std::string>{"file"});
}

TEST_CASE("a device without space refuses what is written to it") {
  const int descriptor = ::open("/dev/full", O_WRONLY);
  if (descriptor < 0) SKIP("there is no /dev/full here");
  CHECK(detail::write_all(descriptor, "x", 1) == ENOSPC);
  ::close(descriptor);
}

TEST_CASE("a file that does not fit into memory is an error with path and size") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  write_file(path, "");
  if (::truncate(path.c_str(), off_t{1} << 42) != 0) SKIP("no file of 4 TiB here");
  CHECK(error_of([&] { read_file(path); }) ==
        "[read file] the file must fit into memory: " + path + ", 4398046511104 bytes");
}

TEST_CASE("a folder that is missing is an error with path and reason") {
  const TemporaryFolder folder;
  const std::string path = folder / "missing/file";
  CHECK(error_of([&] { write_file(path, "x"); }) ==
        "[write file] No such file or directory: " + path);
  CHECK(error_of([&] { read_file(path); }) == "[read file] No such file or directory: " + path);
}

TEST_CASE("a folder that is not writable is an error with path and reason") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "closed");
  ::chmod((folder / "closed").c_str(), 0500);
  ::chmod((folder / "").c_str(), 0755);
  const std::string path = folder / "closed/file";
  // In a child, which can give up the right of root to write anywhere.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const std::string message = error_of([&] { write_file(path, "x"); });
    ::_exit(message == "[write file] Permission denied: " + path ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(std::filesystem::is_empty(folder / "closed"));
}

TEST_CASE("a folder and a device are not replaced by a file") {
  const TemporaryFolder folder;
  CHECK_THAT(error_of([&] { write_file(folder / "", "x"); }), ContainsSubstring("not a regular"));
  CHECK_THAT(error_of([] { write_file("/dev/null", "x"); }), ContainsSubstring("/dev/null"));
  CHECK_THAT(error_of([&] { read_file(folder / ""); }), ContainsSubstring("Is a directory"));
}

TEST_CASE("a name without a folder is written where the program runs") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "");
  write_file("file", "here");
  std::filesystem::current_path(before);
  CHECK(read_file(folder / "file") == "here");
}

TEST_CASE("a program killed while it writes leaves the older file whole") {
  const TemporaryFolder folder;
  write_file(folder / "file", "older");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    FileWriter file(folder / "file");
    file.write("half of it");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(read_file(folder / "file") == "older");
  write_file(folder / "file", "newer");
  CHECK(read_file(folder / "file") == "newer");
}
