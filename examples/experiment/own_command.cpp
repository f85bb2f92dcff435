#include "own_command.hpp"

#include <weft/io/file.hpp>

#include <sstream>

namespace experiment {

std::vector<std::string> own_command() {
  std::vector<std::string> words;
  try {
    std::istringstream text(weft::read_file("/proc/self/cmdline"));  // each ends with a zero
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
  } catch (const weft::Error&) {
    // No Linux.
  }
  return words;
}

std::string shell_text(const std::vector<std::string>& words) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::vector<std::string> without_option(const std::vector<std::string>& words,
                                        const std::string& option, bool has_value) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option) i += has_value ? 1 : 0;
    else if (!words[i].starts_with(option + "=")) result.push_back(words[i]);
  }
  return result;
}

}  // namespace experiment
