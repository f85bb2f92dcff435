// Any bytes as a safetensors file: tensors whose elements are all in the file, or an Error.

#include <weft/io/safetensors.hpp>

#include <tests/fuzz/memory_file.hpp>

using namespace weft;

namespace {

struct Weight {
  using is_parameter = void;
  Tensor<float, dynamic, 2> value{1};
};
struct Model {
  Weight weight;
  void visit(auto&& visitor) { visitor("weight", weight); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile memory;
  memory.put(data, size);
  try {
    const SafetensorsFile file(memory.path());
    [[maybe_unused]] volatile std::byte last{};
    for (const auto& entry : file.entries())
      for (const std::byte byte : file.data(entry)) last = byte;
    Model model;
    load_safetensors(memory.path(), model);
  } catch (const Error&) {
  }
  return 0;
}
