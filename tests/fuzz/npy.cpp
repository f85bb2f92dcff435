// Any bytes as a .npy file: an array, or an Error.

#include <weft/io/npy.hpp>

#include <tests/fuzz/memory_file.hpp>

using namespace weft;

namespace {

template <class Array>
void try_to_load(const std::string& path) {
  try {
    const Array array = load_npy<Array>(path);
    // What was accepted is written as it was read.
    [[maybe_unused]] volatile auto sum = typename Array::value_type{};
    for (const auto value : array) sum = value;
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  file.put(data, size);
  try_to_load<Tensor<float, dynamic, 2>>(file.path());
  try_to_load<Tensor<double, 3>>(file.path());
  try_to_load<Tensor<int, dynamic>>(file.path());
  try_to_load<Tensor<std::int64_t>>(file.path());
  return 0;
}
