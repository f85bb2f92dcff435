// Any bytes as a checkpoint, as they are and with the checksum that they should have: a state to go
// on from, or an Error and nothing changed.

#include <weft/train/phase_checkpoint.hpp>

#include <tests/fuzz/memory_file.hpp>

#include <cstring>

using namespace weft;

namespace {

struct Weight {
  using is_parameter = void;
  Tensor<float, 2> value{1, 2};
};
struct Model {
  Weight weight;
  void visit(auto&& visitor) { visitor("w", weight); }
};

void try_to_resume(const std::string& path) {
  Model model;
  detail::LoopState state;
  std::size_t notes = 0;
  CheckpointedPhase phase{.name = "p",
                          .model = parameters_of(model),
                          .optimizer = {},
                          .settings = {{"lanes", "1"}},
                          .save_notes = [] { return std::string(); },
                          .load_notes = [&](std::string_view text) { notes = text.size(); },
                          .steps = 40};
  try {
    const SafetensorsFile file = open_checkpoint(path);
    detail::check_run(file, {{"seed", "1"}});
    detail::load_phase(file, phase, state);
    if (state.training.step > phase.steps) std::abort();
  } catch (const Error&) {
    if (model.weight.value != Tensor<float, 2>{1, 2} || state.training.step != 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  file.put(data, size);
  try_to_resume(file.path());
  if (size < sizeof(std::uint64_t)) return 0;
  std::string text(reinterpret_cast<const char*>(data), size);
  Crc64 crc;
  crc.add(text.data(), text.size() - sizeof(std::uint64_t));
  const std::uint64_t sum = crc.value();
  std::memcpy(text.data() + text.size() - sizeof sum, &sum, sizeof sum);
  file.put(text.data(), text.size());
  try_to_resume(file.path());
  return 0;
}
