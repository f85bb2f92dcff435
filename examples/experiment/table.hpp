#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace experiment {

// A line of a closing table.
struct TableRow {
  std::string name;
  std::array<std::optional<double>, 3> values;  // "-" where there is none
  std::string remark;
};

// Prints a table under these titles to standard output.
inline void print_table(const std::array<const char*, 3>& titles,
                        const std::vector<TableRow>& rows) {
  std::size_t longest = 27;
  for (const TableRow& row : rows) longest = std::max(longest, row.name.size());
  const int column = static_cast<int>(longest) + 1;
  std::printf("%-*s %8s %8s %8s\n", column, "check", titles[0], titles[1], titles[2]);
  for (const TableRow& row : rows) {
    std::printf("%-*s", column, row.name.c_str());
    for (const auto& value : row.values)
      value ? std::printf(" %8.3f", *value) : std::printf(" %8s", "-");
    std::printf("  %s\n", row.remark.c_str());
  }
}

}  // namespace experiment
