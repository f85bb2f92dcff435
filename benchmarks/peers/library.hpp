#pragma once

#include <dlfcn.h>

#include <initializer_list>
#include <string>

// A shared library whose symbols stay apart from those of every other: half of them define
// cblas_sgemm.

namespace benchmarks {

class Library {
 public:
  // The first of these files that can be loaded; it stays loaded to the end of the program.
  explicit Library(std::initializer_list<std::string> files) {
    for (const std::string& file : files) {
      if (file.empty()) continue;
      handle_ = dlopen(file.c_str(), RTLD_LOCAL | RTLD_NOW);
      if (handle_) return;
    }
  }

  explicit operator bool() const { return handle_ != nullptr; }

  // A function by its C name and type, null where there is none.
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(handle_ ? dlsym(handle_, name) : nullptr);
  }

 private:
  void* handle_ = nullptr;
};

}  // namespace benchmarks
