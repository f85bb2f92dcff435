// Any bytes as JSON, and as the configuration and the summary of a run: a value that is written and
// read again without a change, or an Error.

#include <weft/io/json.hpp>

#include <examples/experiment/checks.hpp>
#include <examples/experiment/run_directory.hpp>

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string once = json::write(json::parse(text));
    if (json::write(json::parse(once)) != once) std::abort();
  } catch (const Error&) {
  }
  try {
    const auto value = experiment::parse_json(text, "text");
    if (!experiment::difference(value, value).empty()) std::abort();
    experiment::difference(value, {{"model", {{"width", 64}}}});
    experiment::checks_of(value);
  } catch (const Error&) {
  }
  return 0;
}
