#include "environment.hpp"

#include "../../benchmarks/peak.hpp"

#include <weft/core/environment.hpp>
#include <weft/version.hpp>

namespace experiment {

nlohmann::ordered_json environment(int threads) {
  const weft::Environment found = weft::environment(threads);
  const auto version = {WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH};
  std::string weft_version;
  for (const int part : version)
    weft_version += (weft_version.empty() ? "" : ".") + std::to_string(part);
  return {{"weft", weft_version},
          {"compiler", benchmarks::compiler_name()},
          {"instruction_set", found.instruction_set},
          {"optimized", found.is_optimized},
          {"openmp", found.is_parallel},
          {"threads", threads},
          {"processor", benchmarks::processor_name()},
          {"processor_offers", found.machine}};
}

}  // namespace experiment
