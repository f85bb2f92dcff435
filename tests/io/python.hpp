#pragma once

#include <weft/io/file.hpp>

#include <cstdlib>
#include <string>

#include "temporary_folder.hpp"

// Runs Python where there is one with the packages a test compares with.
namespace python {

// A command whose interpreter imports all modules ("numpy, safetensors"); empty without one.
inline std::string find(const std::string& modules) {
  const char* chosen = std::getenv("WEFT_PYTHON");
  for (const std::string command : {chosen ? chosen : "", "python3", "/usr/bin/python3"}) {
    if (command.empty()) continue;
    const std::string line = "'" + command + "' -c 'import " + modules + "' >/dev/null 2>&1";
    if (std::system(line.c_str()) == 0) return command;
  }
  return {};
}

// Whether a program runs to its end, with the folder's path as its argument. What it prints is in
// the file "output" of the folder.
inline bool run(const std::string& command, const TemporaryFolder& folder,
                const std::string& program) {
  weft::write_file(folder / "program.py", program);
  const auto quoted = [](const std::string& word) { return " '" + word + "'"; };
  const std::string line = quoted(command) + quoted(folder / "program.py") + quoted(folder / "") +
                           " >" + quoted(folder / "output") + " 2>&1";
  return std::system(line.c_str()) == 0;
}

}  // namespace python
