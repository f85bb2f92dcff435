#pragma once

#include <weft/core/error.hpp>
#include <weft/io/json_value.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace weft::inline WEFT_TARGET::json {

inline constexpr int depth_limit = 64;
inline constexpr std::size_t size_limit = 100'000'000;  // bytes, as safetensors has it

namespace detail {

// A name that comes twice; null where there is none. Sorts the names, so that many take no
// quadratic time.
inline const std::string_view* find_twice(std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == names[i - 1]) return &names[i];
  return nullptr;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  Value read() {
    if (text_.size() > size_limit) fail_here("the text is too long");
    Value value = read_value(0);
    skip_space();
    if (position_ != text_.size()) fail_here("nothing may follow the value");
    return value;
  }

 private:
  [[noreturn]] void fail_here(std::string_view rule) const {
    fail("json", rule, std::string(source_) + ", byte " + std::to_string(position_));
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  bool accept(char expected) {
    if (position_ >= text_.size() || text_[position_] != expected) return false;
    ++position_;
    return true;
  }
  bool accept(std::string_view word) {
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }
  void skip_space() {
    position_ = std::min(text_.find_first_not_of(" \t\n\r", position_), text_.size());
  }

  Value read_value(int depth) {
    if (depth > depth_limit) fail_here("values are nested too deep");
    skip_space();
    switch (peek()) {
      case '{': return read_object(depth);
      case '[': return read_array(depth);
      case '"': return read_string();
      default: break;
    }
    if (accept("true")) return true;
    if (accept("false")) return false;
    if (accept("null")) return {};
    return read_number();
  }

  Value read_object(int depth) {
    Object members;
    ++position_;
    skip_space();
    if (accept('}')) return members;
    do {
      skip_space();
      if (peek() != '"') fail_here("a member starts with its name in quotes");
      std::string name = read_string();
      skip_space();
      if (!accept(':')) fail_here("a colon follows a name");
      members.push_back({std::move(name), read_value(depth + 1)});
      skip_space();
    } while (accept(','));
    if (!accept('}')) fail_here("a comma or a closing brace follows a member");
    check_names(members);
    return members;
  }

  void check_names(const Object& members) const {
    std::vector<std::string_view> names;
    for (const Member& member : members) names.push_back(member.name);
    if (const std::string_view* twice = find_twice(names))
      fail_here("a name comes twice in an object, \"" + std::string(*twice) + "\"");
  }

  Value read_array(int depth) {
    Array items;
    ++position_;
    skip_space();
    if (accept(']')) return items;
    do {
      items.push_back(read_value(depth + 1));
      skip_space();
    } while (accept(','));
    if (!accept(']')) fail_here("a comma or a closing bracket follows an item");
    return items;
  }

  std::string read_string() {
    std::string result;
    ++position_;
    while (true) {
      if (position_ >= text_.size()) fail_here("a string has no closing quote");
      const char c = text_[position_];
      if (static_cast<unsigned char>(c) < 0x20) fail_here("a control character must be escaped");
      ++position_;
      if (c == '"') return result;
      if (c == '\\') read_escape(result);
      else result += c;
    }
  }

  void read_escape(std::string& result) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char c = peek();
    const std::size_t letter = letters.find(c);
    if (letter == std::string_view::npos && c != 'u') fail_here("there is no such escape");
    ++position_;
    if (c != 'u') {
      result += meanings[letter];
      return;
    }
    std::uint32_t code = read_hex();
    if (code >= 0xDC00 && code < 0xE000) fail_here("half of a surrogate pair");
    if (code >= 0xD800 && code < 0xDC00) {
      if (!accept("\\u")) fail_here("half of a surrogate pair");
      const std::uint32_t second = read_hex();
      if (second < 0xDC00 || second >= 0xE000) fail_here("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    }
    append_utf8(result, code);
  }

  std::uint32_t read_hex() {
    std::uint32_t code = 0;
    const std::string_view digits = text_.substr(position_, 4);
    const char* last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, code, 16);
    if (digits.size() < 4 || error != std::errc{} || end != last)
      fail_here("four hexadecimal digits follow \\u");
    position_ += 4;
    return code;
  }

  static void append_utf8(std::string& result, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { result += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
      return;
    }
    const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes after the first
    constexpr std::uint32_t first[] = {0, 0xC0, 0xE0, 0xF0};
    put(first[extra] | code >> (6 * extra));
    for (int i = extra - 1; i >= 0; --i) put(0x80 | (code >> (6 * i) & 0x3F));
  }

  bool skip_digits() {
    const std::size_t begin = position_;
    while (peek() >= '0' && peek() <= '9') ++position_;
    return position_ > begin;
  }

  Value read_number() {
    const std::size_t begin = position_;
    accept('-');
    if (!accept('0') && !skip_digits()) fail_here("a value is expected");
    bool whole = true;
    if (accept('.')) {
      whole = false;
      if (!skip_digits()) fail_here("digits follow a decimal point");
    }
    if (accept('e') || accept('E')) {
      whole = false;
      if (!accept('+')) accept('-');
      if (!skip_digits()) fail_here("digits follow an exponent");
    }
    const char* first = text_.data() + begin;
    const char* last = text_.data() + position_;
    if (std::int64_t integer = 0; whole && std::from_chars(first, last, integer).ec == std::errc{})
      return integer;
    double number = 0;
    if (std::from_chars(first, last, number).ec != std::errc{})
      fail_here("a number is out of the range of double");
    return number;
  }

  std::string_view text_;
  std::string_view source_;
  std::size_t position_ = 0;
};

}  // namespace detail

}  // namespace weft::json
