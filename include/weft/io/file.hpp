#pragma once

#include <weft/core/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::inline WEFT_TARGET {

namespace detail {

[[noreturn]] inline void fail_file(std::string_view operation, const std::string& path, int error) {
  fail(operation, std::generic_category().message(error), path);
}

// write() until all is written. Returns 0 or the error.
inline int write_all(int descriptor, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return 0;
}

// Bytes; the greatest number where the system does not tell.
inline std::size_t memory_of_machine() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGE_SIZE);
  return pages > 0 && page > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page)
                               : SIZE_MAX;
}

// What a file of about so many bytes has to read.
inline std::string read_all(int descriptor, std::size_t size, const std::string& path) {
  // One byte more than it should hold, so that the end is seen without a second round.
  std::string contents(size + 1, '\0');
  std::size_t used = 0;
  while (true) {
    const ssize_t count = ::read(descriptor, contents.data() + used, contents.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_file("read file", path, errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used == contents.size()) contents.resize(2 * used);
  }
  contents.resize(used);
  return contents;
}

}  // namespace detail

// What names of unfinished files have in them.
inline constexpr std::string_view partial_file_mark = ".partial-";

// A file that is complete or absent, whatever happens while it is written.
//
// What is written goes to a file with another name in the same folder; commit() brings it to the
// disk and then renames it to `path`, which replaces an older file in one step. Without commit(),
// after an error for example, the destructor removes it, and an older file stays as it was.
// Every function throws Error with the path and the reason: a full disk, a folder that is missing
// or not writable.
class FileWriter {
 public:
  explicit FileWriter(const std::string& path) : path_(path) {
    struct stat status {};
    // Renaming onto a device would replace the device itself.
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
      fail("write file", "not a regular file", path);
    const std::string beside =
        path + std::string(partial_file_mark) + std::to_string(::getpid()) + "-";
    for (int attempt = 0; attempt < 1000 && descriptor_ < 0; ++attempt) {
      partial_ = beside + std::to_string(attempt);
      descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor_ < 0 && errno != EEXIST) break;
    }
    if (descriptor_ < 0) detail::fail_file("write file", path_, errno);
    // What only its owner may read stays so.
    if (status.st_mode != 0) (void)!::fchmod(descriptor_, status.st_mode & 0777);
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!committed_) ::unlink(partial_.c_str());
  }

  void write(const void* data, std::size_t bytes) {
    const int error = detail::write_all(descriptor_, static_cast<const char*>(data), bytes);
    if (error != 0) detail::fail_file("write file", path_, error);
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

  // Gives the file its name. Nothing can be written afterwards. Where it throws because the name
  // did not reach the disk, the file is there, but may not be after the machine's next start.
  void commit() {
    if (::fsync(descriptor_) != 0) detail::fail_file("write file", path_, errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) detail::fail_file("write file", path_, errno);
    if (std::rename(partial_.c_str(), path_.c_str()) != 0)
      detail::fail_file("write file", path_, errno);
    committed_ = true;
    sync_folder();
  }

 private:
  // Brings the new name to the disk, unless the folder may not be read, or the file system has no
  // such thing.
  void sync_folder() const {
    const std::size_t slash = path_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    const bool is_unknown = error == EINVAL || error == ENOTSUP || error == ENOSYS;
    if (error != 0 && !is_unknown) detail::fail_file("sync folder", folder, error);
  }

  std::string path_;
  std::string partial_;
  int descriptor_ = -1;
  bool committed_ = false;
};

// Writes a whole file, complete or not at all. Throws Error.
inline void write_file(const std::string& path, std::string_view contents) {
  FileWriter file(path);
  file.write(contents);
  file.commit();
}

// The bytes of a file. Throws Error with the path and the reason, and the size of what does not fit
// into memory.
inline std::string read_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) detail::fail_file("read file", path, errno);
  const struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};

  struct stat status {};
  if (::fstat(descriptor, &status) != 0) detail::fail_file("read file", path, errno);
  if (S_ISDIR(status.st_mode)) detail::fail_file("read file", path, EISDIR);
  const auto size = static_cast<std::size_t>(status.st_size);
  try {
    // Some systems promise memory that they do not have.
    if (size > detail::memory_of_machine()) throw std::bad_alloc();
    return detail::read_all(descriptor, size, path);
  } catch (const std::bad_alloc&) {
    fail("read file", "the file must fit into memory",
         path + ", " + std::to_string(size) + " bytes");
  }
}

}  // namespace weft
