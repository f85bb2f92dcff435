#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

// The sources as text: what the tests of this folder read.
namespace source_tree {

// The repository, as the build knows it.
inline const std::filesystem::path root = WEFT_SOURCE_DIR;

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The files below a folder with this ending, as sorted paths from that folder.
inline std::vector<std::string> files_below(const std::filesystem::path& folder,
                                            const std::string& ending) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ending)
      files.push_back(std::filesystem::relative(entry.path(), folder).generic_string());
  std::sort(files.begin(), files.end());
  return files;
}

// What an include line names, with its brackets or quotes; empty for any other line.
inline std::string included_by(const std::string& line) {
  std::string words = line;
  words.erase(std::remove_if(words.begin(), words.end(), [](char c) { return c == ' ' || c == '\t'; }),
              words.end());
  const std::string directive = "#include";
  if (words.compare(0, directive.size(), directive) != 0) return {};
  words.erase(0, directive.size());
  const std::size_t end = words.find_first_of(">\"", 1);
  return words.substr(0, end == std::string::npos ? end : end + 1);
}

}  // namespace source_tree
