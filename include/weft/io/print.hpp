#pragma once

#include <weft/core/tensor.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <iosfwd>
#include <string>
#include <vector>

// Tensors as text, in the way NumPy prints arrays:
//
//   (2, 3) float
//   [[ 1.   2.5  3. ]
//    [ 4.   5.  -6. ]]

namespace weft::inline WEFT_TARGET {

namespace detail {

inline constexpr std::size_t print_threshold = 1000;  // more elements are elided in the middle
inline constexpr std::size_t print_edge = 3;          // what is left at each end of an axis
inline constexpr std::size_t print_width = 75;

template <class T>
std::string element_name() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  else if constexpr (std::is_same_v<T, float>) return "float";
  else if constexpr (std::is_same_v<T, double>) return "double";
  else return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
}

// A number cut at its decimal point and its exponent, so that columns can be lined up.
struct NumberText {
  std::string whole, fraction, exponent;
};

// The fewest digits that tell the number from its neighbours, at most eight after the point.
template <class T>
NumberText number_text(T value, bool scientific) {
  std::array<char, 400> buffer;
  char* const end = buffer.data() + buffer.size();
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  const auto cut = [&](char* last) {
    const std::string text(buffer.data(), last);
    const std::size_t point = text.find('.'), power = text.find('e');
    NumberText parts;
    parts.whole = text.substr(0, std::min(point, power));
    if (point != std::string::npos) parts.fraction = text.substr(point + 1, power - point - 1);
    if (power != std::string::npos) parts.exponent = text.substr(power);
    return parts;
  };
  NumberText parts = cut(std::to_chars(buffer.data(), end, value, format).ptr);
  if (parts.fraction.size() <= 8) return parts;
  parts = cut(std::to_chars(buffer.data(), end, value, format, 8).ptr);
  parts.fraction.resize(parts.fraction.find_last_not_of('0') + 1);
  return parts;
}

inline void pad_left(std::string& text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
}

template <class T>
bool prints_scientific(const std::vector<T>& values) {
  double least = HUGE_VAL, greatest = 0;
  for (const T value : values) {
    const double magnitude = std::abs(static_cast<double>(value));
    if (magnitude == 0 || !std::isfinite(magnitude)) continue;
    least = std::min(least, magnitude);
    greatest = std::max(greatest, magnitude);
  }
  return greatest >= 1e8 || (greatest > 0 && (least < 1e-4 || greatest / least > 1000));
}

// One text per value, all of the same width.
template <class T>
std::vector<std::string> print_cells(const std::vector<T>& values) {
  std::vector<std::string> cells;
  if constexpr (std::is_floating_point_v<T>) {
    const bool scientific = prints_scientific(values);
    std::vector<NumberText> numbers;
    std::size_t fraction = 0, exponent = 0;
    for (const T value : values) {
      numbers.push_back(std::isfinite(value) ? number_text(value, scientific) : NumberText{});
      fraction = std::max(fraction, numbers.back().fraction.size());
      exponent = std::max(exponent, numbers.back().exponent.size());
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      NumberText& number = numbers[i];
      if (std::isnan(values[i])) {
        cells.push_back("nan");
      } else if (!std::isfinite(values[i])) {
        cells.push_back(values[i] > 0 ? "inf" : "-inf");
      } else {
        number.fraction.resize(fraction, scientific ? '0' : ' ');
        // "e+5" has its digits from the third place on.
        if (scientific) number.exponent.insert(2, exponent - number.exponent.size(), '0');
        cells.push_back(number.whole + "." + number.fraction + number.exponent);
      }
    }
  } else {
    for (const T value : values) cells.push_back(std::to_string(value));
  }
  std::size_t width = 0;
  for (const std::string& cell : cells) width = std::max(width, cell.size());
  for (std::string& cell : cells) pad_left(cell, width);
  return cells;
}

// Calls visit(index) for the indices of an axis that are shown, and gap() where some are left out.
template <class Visit, class Gap>
void for_each_shown(std::size_t extent, bool elide, Visit&& visit, Gap&& gap) {
  const bool cut = elide && extent > 2 * print_edge;
  for (std::size_t i = 0; i < extent; ++i) {
    if (cut && i == print_edge) {
      gap();
      i = extent - print_edge;
    }
    visit(i);
  }
}

template <class T, std::size_t... Extents>
void collect_shown(const View<T, Extents...>& view, bool elide,
                   std::vector<std::remove_const_t<T>>& values) {
  if constexpr (sizeof...(Extents) == 0) {
    values.push_back(view.item());
  } else {
    for_each_shown(
        view.leading(), elide, [&](std::size_t i) { collect_shown(view[i], elide, values); },
        [] {});
  }
}

// Writes brackets, separators and cells for the axes from `axis` on.
struct ArrayLayout {
  const std::size_t* extents;
  std::size_t rank;
  bool elide;
  const std::string* cell;  // the next one
  std::string text{};

  void write(std::size_t axis) {
    if (axis == rank) {
      text += *cell++;
      return;
    }
    text += '[';
    if (axis + 1 == rank) write_row();
    else write_blocks(axis);
    text += ']';
  }

  // Cells with a space between them, in lines of at most print_width characters.
  void write_row() {
    std::size_t column = rank;
    const auto put = [&](const std::string& word) {
      if (column > rank && column + 1 + word.size() > print_width - rank) {
        text.resize(text.find_last_not_of(' ') + 1);
        text.append("\n").append(rank, ' ');
        column = rank;
      } else if (column > rank) {
        text += ' ';
        ++column;
      }
      text += word;
      column += word.size();
    };
    for_each_shown(
        extents[rank - 1], elide, [&](std::size_t) { put(*cell++); }, [&] { put("..."); });
  }

  // Sub-arrays below each other, with more empty lines between them the more axes they have.
  void write_blocks(std::size_t axis) {
    bool first = true;
    const auto next_line = [&] {
      if (!std::exchange(first, false))
        text.append(rank - axis - 1, '\n').append(axis + 1, ' ');
    };
    for_each_shown(
        extents[axis], elide,
        [&](std::size_t) {
          next_line();
          write(axis + 1);
        },
        [&] {
          next_line();
          text += "...";
        });
  }
};

}  // namespace detail

// The extents, the element type and the elements; beyond a thousand elements the middle of each
// axis is left out. Floats show the fewest digits that tell them apart, at most eight after the
// point.
template <class T, std::size_t... Extents>
std::string to_string(const View<T, Extents...>& view) {
  using Element = std::remove_const_t<T>;
  const bool elide = view.size() > detail::print_threshold;
  std::vector<Element> values;
  detail::collect_shown(view, elide, values);
  const std::vector<std::string> cells = detail::print_cells(values);
  const auto extents = view.extents();
  detail::ArrayLayout layout{extents.data(), view.rank, elide, cells.data()};
  layout.write(0);
  return to_string(Shape<Extents...>{}, view.leading()) + " " + detail::element_name<Element>() +
         "\n" + layout.text;
}
template <class T, std::size_t... Extents>
std::string to_string(const Tensor<T, Extents...>& tensor) {
  return to_string(tensor.view());
}

template <class Traits, class T, std::size_t... Extents>
auto& operator<<(std::basic_ostream<char, Traits>& stream, const View<T, Extents...>& view) {
  return stream << to_string(view);
}
template <class Traits, class T, std::size_t... Extents>
auto& operator<<(std::basic_ostream<char, Traits>& stream, const Tensor<T, Extents...>& tensor) {
  return stream << to_string(tensor);
}

}  // namespace weft
