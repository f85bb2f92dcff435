#pragma once

#include <weft/core/error.hpp>
#include <weft/io/extents.hpp>

#include <bit>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

// The header of a .npy file, as numpy.lib.format describes it: the magic string, two bytes of
// version, the length of the text, and the text of a Python dictionary.

namespace weft::inline WEFT_TARGET::detail {

static_assert(std::endian::native == std::endian::little, "weft: files are little-endian");

inline constexpr std::string_view npy_magic = "\x93NUMPY";

// NumPy's name of an element type: "<f4".
template <class T>
constexpr std::string_view npy_type() {
  constexpr bool number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
  if constexpr (std::is_same_v<T, float>) return "<f4";
  else if constexpr (std::is_same_v<T, double>) return "<f8";
  else if constexpr (number && std::is_signed_v<T> && sizeof(T) == 4) return "<i4";
  else if constexpr (number && std::is_signed_v<T> && sizeof(T) == 8) return "<i8";
  else if constexpr (std::is_same_v<T, unsigned char>) return "|u1";
  else static_assert(!sizeof(T), "weft: .npy files hold float, double, integers and bytes");
}

// Everything before the elements: a multiple of 64 bytes.
inline std::string npy_header(std::string_view type, const FileExtents& extents) {
  std::string shape = extents_text(extents);
  if (extents.size() == 1) shape.insert(shape.size() - 1, ",");
  std::string text = "{'descr': '" + std::string(type) +
                     "', 'fortran_order': False, 'shape': " + shape + ", }";
  const std::size_t fixed = npy_magic.size() + 4 + 1;  // version, length and the last line end
  text.append((64 - (fixed + text.size()) % 64) % 64, ' ') += '\n';
  std::string header(npy_magic);
  header.append({'\1', '\0', static_cast<char>(text.size() & 0xFF),
                 static_cast<char>(text.size() >> 8)});
  return header + text;
}

struct NpyHeader {
  std::string type;
  bool column_major = false;
  FileExtents extents;
  std::size_t bytes = 0;  // from the start of the file to the elements
};

// Reads the dictionary: three keys in any order, each once.
class NpyDictionary {
 public:
  NpyDictionary(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  void read(NpyHeader& header) {
    bool has_type = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = read_string();
      expect(':');
      if (key == "descr" && !std::exchange(has_type, true)) header.type = read_string();
      else if (key == "fortran_order" && !std::exchange(has_order, true))
        header.column_major = read_boolean();
      else if (key == "shape" && !std::exchange(has_shape, true)) header.extents = read_shape();
      else fail_here("there is a key too many, '" + key + "'");
      if (!accept(',') && peek() != '}') fail_here("a comma is missing");
    }
    if (!has_type || !has_order || !has_shape) fail_here("a key is missing");
    if (peek() != '\0' || position_ != text_.size()) fail_here("something follows the dictionary");
  }

 private:
  [[noreturn]] void fail_here(const std::string& rule) const {
    fail("load_npy", "the header is damaged, " + rule,
         path_ + ", byte " + std::to_string(position_) + " of the header's text");
  }

  // The next character that is not space; '\0' at the end.
  char peek() {
    position_ = std::min(text_.find_first_not_of(" \n", position_), text_.size());
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  bool accept(char expected) {
    if (peek() != expected) return false;
    ++position_;
    return true;
  }
  void expect(char expected) {
    if (!accept(expected)) fail_here(std::string("expected ") + expected);
  }

  std::string read_string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail_here("a string is expected");
    const std::size_t begin = position_ + 1;
    const std::size_t end = text_.find(quote, begin);
    if (end == std::string_view::npos) fail_here("a string has no end");
    position_ = end + 1;
    return std::string(text_.substr(begin, end - begin));
  }

  bool read_boolean() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(position_, word.size()) == word) {
        position_ += word.size();
        return word == "True";
      }
    fail_here("True or False is expected");
  }

  FileExtents read_shape() {
    FileExtents extents;
    expect('(');
    while (!accept(')')) {
      peek();
      std::size_t extent = 0;
      const char* last = text_.data() + text_.size();
      const auto [end, error] = std::from_chars(text_.data() + position_, last, extent);
      if (error != std::errc{}) fail_here("an extent is expected");
      position_ = static_cast<std::size_t>(end - text_.data());
      extents.push_back(extent);
      // One extent needs its comma: (3) is a number in Python, (3,) is a shape.
      if (!accept(',') && (peek() != ')' || extents.size() == 1)) fail_here("a comma is missing");
    }
    return extents;
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t position_ = 0;
};

inline NpyHeader parse_npy_header(std::string_view file, const std::string& path) {
  const auto byte = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(file[index]));
  };
  if (!file.starts_with(npy_magic) || file.size() < 12)
    fail("load_npy", "not a .npy file", path);
  const std::size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    fail("load_npy", "a version that is not known", path + ", expected 1.0, 2.0 or 3.0, found " +
                         std::to_string(version) + "." + std::to_string(byte(7)));
  // Version 1 gives the length two bytes, the others four.
  NpyHeader header;
  std::size_t length = byte(8) | byte(9) << 8;
  header.bytes = 10;
  if (version > 1) {
    length |= byte(10) << 16 | byte(11) << 24;
    header.bytes = 12;
  }
  if (length > file.size() - header.bytes)
    fail("load_npy", "the header is not whole",
         path + ", expected " + std::to_string(length) + " bytes, found " +
             std::to_string(file.size() - header.bytes));
  NpyDictionary(file.substr(header.bytes, length), path).read(header);
  header.bytes += length;
  return header;
}

}  // namespace weft::detail
