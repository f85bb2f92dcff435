#pragma once

#include <string>
#include <vector>

namespace experiment {

// Draws the figures of a run: calls `python3 script arguments...` with the first Python that has
// matplotlib ($WEFT_PYTHON, python3, /usr/bin/python3). Without one it says how to get it. False
// where the script fails, which is printed.
bool draw_figures(const std::string& script, const std::vector<std::string>& arguments);

}  // namespace experiment
