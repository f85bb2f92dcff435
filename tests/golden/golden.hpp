#pragma once

#include <source_location>
#include <string>

namespace weft_tests {

// The path of a file that tests/golden/make.py made, wherever the test runs.
inline std::string golden_file(const std::string& name,
                               std::string here = std::source_location::current().file_name()) {
  for (int folders = 0; folders < 2; ++folders) here.resize(here.find_last_of('/'));
  return here + "/golden/" + name;
}

}  // namespace weft_tests
