#pragma once

#include <weft/io/json_reader.hpp>

#include <cmath>

// JSON as RFC 8259 has it, for the headers of files. The reader is strict: no comments, no trailing
// commas, no name twice in an object, no lone surrogates. Other text is passed through as it is.

namespace weft::inline WEFT_TARGET::json {

namespace detail {

inline void write_string(std::string& text, std::string_view value) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  constexpr std::string_view digits = "0123456789abcdef";
  text += '"';
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (const std::size_t index = special.find(c); index != std::string_view::npos) {
      text += '\\';
      text += letters[index];
    } else if (code < 0x20) {
      text.append("\\u00") += digits[code >> 4];
      text += digits[code & 15];
    } else {
      text += c;
    }
  }
  text += '"';
}

// The shortest text that reads back as the same double, never that of an integer.
inline void write_number(std::string& text, double value) {
  if (!std::isfinite(value)) fail("json", "a number must be finite", std::to_string(value));
  char buffer[32];
  const std::string_view digits(buffer, static_cast<std::size_t>(
      std::to_chars(buffer, buffer + sizeof buffer, value).ptr - buffer));
  text += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) text += ".0";
}

inline void write_value(std::string& text, const Value& value) {
  const char* comma = "";
  if (const Object* members = value.object()) {
    text += '{';
    for (const Member& member : *members) {
      text += std::exchange(comma, ",");
      write_string(text, member.name);
      text += ':';
      write_value(text, member.value);
    }
    text += '}';
  } else if (const Array* items = value.array()) {
    text += '[';
    for (const Value& item : *items) {
      text += std::exchange(comma, ",");
      write_value(text, item);
    }
    text += ']';
  } else if (const std::string* string = value.string()) {
    write_string(text, *string);
  } else if (const double* number = value.number()) {
    write_number(text, *number);
  } else if (const std::int64_t* integer = value.integer()) {
    text += std::to_string(*integer);
  } else if (const bool* boolean = value.boolean()) {
    text += *boolean ? "true" : "false";
  } else {
    text += "null";
  }
}

}  // namespace detail

// Reads one value. Throws Error, which names `source` (a path, say) and the byte.
inline Value parse(std::string_view text, std::string_view source = "text") {
  return detail::Reader(text, source).read();
}

// The value as text without spaces. Throws Error for a number that is not finite.
inline std::string write(const Value& value) {
  std::string text;
  detail::write_value(text, value);
  return text;
}

}  // namespace weft::json
