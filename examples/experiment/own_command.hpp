#pragma once

#include <string>
#include <vector>

namespace experiment {

// The words of the command that started this program; none where the system does not tell.
std::vector<std::string> own_command();

// Words as a shell reads them, quoted where they need it.
std::string shell_text(const std::vector<std::string>& words);

// The words without an option, "--out x" or "--out=x", and its value if it takes one.
std::vector<std::string> without_option(const std::vector<std::string>& words,
                                        const std::string& option, bool has_value);

}  // namespace experiment
