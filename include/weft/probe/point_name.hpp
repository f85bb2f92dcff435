#pragma once

#include <weft/core/error.hpp>
#include <weft/probe/point.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace weft::inline WEFT_TARGET {

// The points that a model has: "embed", and for what is in every block "blocks.*.attn.q".
struct PointList {
  std::vector<std::string_view> names;
  std::size_t layers;
};

// Which points are meant: one by its name, or with * for the layer the same one of every block.
//
// Names may be written as in TransformerLens, with "hook_": "blocks.0.attn.hook_pattern" is
// "blocks.0.attn.pattern", "blocks.0.attn.hook_attn_scores" is "blocks.0.attn.scores", and
// "ln_final.hook_normalized" is "ln_final".
class PointName {
 public:
  PointName(std::string_view written) : text_(without_hook(written)) {
    constexpr std::string_view blocks = "blocks.";
    if (text_.compare(0, blocks.size(), blocks) != 0) return;
    const std::size_t end = text_.find('.', blocks.size());
    if (end == std::string::npos) return;
    const std::string_view layer =
        std::string_view(text_).substr(blocks.size(), end - blocks.size());
    every_layer_ = layer == "*";
    if (!every_layer_ && !read_number(layer)) return;
    name_ = end + 1;
  }

  // "blocks.*.attn.pattern", without any "hook_".
  const std::string& text() const { return text_; }
  // The same within a block: "attn.pattern".
  std::string_view name() const { return std::string_view(text_).substr(name_); }

  // Whether it is written with * for the layer.
  bool is_in_every_layer() const { return every_layer_; }

  bool matches(const Point& point) const {
    if (point.name != name()) return false;
    return every_layer_ ? point.layer != no_layer : point.layer == layer_;
  }

  bool is_among(const PointList& points) const {
    for (std::string_view candidate : points.names) {
      const PointName listed(candidate);
      if (listed.name() != name()) continue;
      if (!listed.every_layer_) return listed.text_ == text_;
      return every_layer_ || layer_ < points.layers;
    }
    return false;
  }

 private:
  static std::string without_hook(std::string_view written) {
    if (written == "ln_final.hook_normalized") return "ln_final";
    std::string text(written);
    const std::size_t last = text.rfind('.') + 1;  // 0 where there is no dot
    if (text.compare(last, 5, "hook_") == 0) text.erase(last, 5);
    if (text.compare(last, std::string::npos, "attn_scores") == 0) text.erase(last, 5);
    return text;
  }

  bool read_number(std::string_view digits) {
    std::size_t number = 0;
    for (char digit : digits) {
      if (digit < '0' || digit > '9' || number > 100000) return false;
      number = number * 10 + static_cast<std::size_t>(digit - '0');
    }
    layer_ = number;
    return !digits.empty();
  }

  std::string text_;
  std::size_t name_ = 0;  // where the name within a block begins
  std::size_t layer_ = no_layer;
  bool every_layer_ = false;
};

namespace detail {

// How many letters must be changed, inserted or removed to make one word of another. Levenshtein
// 1966, by the usual table, of which one row is kept.
[[gnu::cold]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// The three of some names, a list of strings, that are most like one, the nearest first:
// "blocks.0.attn.q, blocks.0.attn.k, blocks.0.attn.v".
[[gnu::cold]] std::string near_names(std::string_view name, auto candidates) {
  std::string text;
  for (std::size_t count = 0; count < 3 && !candidates.empty(); ++count) {
    std::size_t nearest = 0, least = edit_distance(name, candidates[0]);
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      const std::size_t distance = edit_distance(name, candidates[i]);
      if (distance < least) nearest = i, least = distance;
    }
    text += (count > 0 ? ", " : "") + candidates[nearest];
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(nearest));
  }
  return text;
}

// Names that could have been meant: those of the list, with the layers where one was given.
[[gnu::cold]] auto candidates_for(const PointName& name, const auto& points) {
  std::vector<std::string> result;
  for (std::string_view listed : points.names) {
    const std::size_t star = listed.find('*');
    if (star == std::string_view::npos || name.text().find('*') != std::string::npos) {
      result.push_back(std::string(listed));
      continue;
    }
    for (std::size_t layer = 0; layer < points.layers; ++layer)
      result.push_back(std::string(listed).replace(star, 1, std::to_string(layer)));
  }
  return result;
}

// Throws Error, with the nearest names there are, unless the model has such a point.
void check_point(const char* operation, const PointName& name, const auto& points) {
  if (name.is_among(points)) return;
  fail(operation, "the model has no such point",
       '"' + name.text() + "\"; near are " +
           near_names(name.text(), candidates_for(name, points)));
}

}  // namespace detail

}  // namespace weft
