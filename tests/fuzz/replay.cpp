// Gives every file of some folders to one of the functions that libFuzzer calls, with any compiler:
// what was found once and mended stays so.
//
// Usage: replay_NAME FOLDER...

#include <weft/io/folder.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// No reader may ask for memory that its file only claims to fill.
void* allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > std::size_t{16} << 20) {
    std::fprintf(stderr, "a reader asks for %zu bytes\n", bytes);
    std::abort();
  }
  const std::size_t pieces = bytes / alignment + 1;
  void* memory = std::aligned_alloc(alignment, pieces * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i)
    for (const std::string& name : weft::names_in_folder(argv[i])) {
      const std::string path = std::string(argv[i]) + "/" + name;
      std::fprintf(stderr, "%s\n", path.c_str());
      const std::string contents = weft::read_file(path);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(contents.data()),
                             contents.size());
      ++count;
    }
  std::printf("%zu inputs\n", count);
  return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
