#pragma once

#include <weft/core/config.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace weft::inline WEFT_TARGET {

// Texts by name, in the order in which they came:
//
//   NamedTexts texts{{"preset", "quick"}};
//   texts["seed"] = "1";
//   for (const auto& [name, text] : texts) ...
//
// For a few of them, since names are searched one by one. A std::map would add 0.05 of a bare xsimd
// include to what compiling weft.hpp takes.
class NamedTexts {
 public:
  struct Entry {
    std::string name, text;
  };

  NamedTexts() = default;
  NamedTexts(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) (*this)[entry.name] = entry.text;
  }

  // The text of this name; null where there is none.
  const std::string* find(std::string_view name) const {
    for (const Entry& entry : entries_)
      if (entry.name == name) return &entry.text;
    return nullptr;
  }

  // The text of this name, empty where it is new. Valid until the next new one.
  std::string& operator[](std::string_view name) {
    for (Entry& entry : entries_)
      if (entry.name == name) return entry.text;
    return add(name, {});
  }

  // A text whose name is not there yet.
  std::string& add(std::string_view name, std::string_view text) {
    entries_.push_back({std::string(name), std::string(text)});
    return entries_.back().text;
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  // Whether both have the same texts, in whatever order.
  friend bool operator==(const NamedTexts& a, const NamedTexts& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [name, text] : a) {
      const std::string* other = b.find(name);
      if (!other || *other != text) return false;
    }
    return true;
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace weft
