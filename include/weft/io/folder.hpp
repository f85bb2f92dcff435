#pragma once

#include <weft/io/file.hpp>

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <sys/file.h>

namespace weft::inline WEFT_TARGET {

// The names of the entries of a folder, in alphabetical order; none where there is no folder.
// Throws Error with the path and the reason where it cannot be read.
inline std::vector<std::string> names_in_folder(const std::string& folder) {
  std::vector<std::string> names;
  dirent** entries = nullptr;
  const int count = ::scandir(folder.c_str(), &entries, nullptr,
                              [](const dirent** a, const dirent** b) {
                                return std::strcmp((*a)->d_name, (*b)->d_name);
                              });
  if (count < 0 && errno == ENOENT) return names;
  if (count < 0) detail::fail_file("read folder", folder, errno);
  for (int i = 0; i < count; ++i) {
    std::string name = entries[i]->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
    std::free(entries[i]);
  }
  std::free(entries);
  return names;
}

// Makes a folder in one that is there, unless it is there itself. Throws Error.
inline void make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    detail::fail_file("make folder", folder, errno);
}

// Removes what FileWriters of killed programs have left in a folder. Throws Error where it cannot.
inline void remove_partial_files(const std::string& folder) {
  for (const std::string& name : names_in_folder(folder)) {
    const std::string path = folder + "/" + name;
    if (name.find(partial_file_mark) != std::string::npos && ::unlink(path.c_str()) != 0 &&
        errno != ENOENT)
      detail::fail_file("remove file", path, errno);
  }
}

// Keeps other processes that ask for it out of a folder, in which it leaves nothing. The kernel
// takes the lock back when the process ends, however it ends; a forked child shares it until it
// runs another program.
class FolderLock {
 public:
  // Throws Error, with the path and the reason, where the folder cannot be opened, or another
  // process has its lock. Where the file system has no locks for folders no one is kept out.
  explicit FolderLock(const std::string& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) detail::fail_file("lock folder", folder, errno);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    fail("lock folder", "another process is at work there, and must end first", folder);
  }
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace weft
