#pragma once

#include <weft/io/extents.hpp>
#include <weft/io/file.hpp>
#include <weft/io/json.hpp>
#include <weft/io/named_texts.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET {

// Text that a safetensors file carries beside its tensors.
using Metadata = NamedTexts;

namespace detail {

static_assert(std::endian::native == std::endian::little, "weft: files are little-endian");

struct SafetensorsType {
  std::string_view name;
  std::size_t bytes;
};
inline constexpr SafetensorsType safetensors_types[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"U16", 2}, {"I16", 2},
    {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4},    {"F32", 4},     {"U64", 8}, {"I64", 8},
    {"F64", 8}};

// The format's name of an element type: "F32".
template <class T>
constexpr std::string_view safetensors_type() {
  constexpr bool integer = std::is_integral_v<T> && std::is_signed_v<T>;
  if constexpr (std::is_same_v<T, float>) return "F32";
  else if constexpr (std::is_same_v<T, double>) return "F64";
  else if constexpr (integer && sizeof(T) == 4) return "I32";
  else if constexpr (integer && sizeof(T) == 8) return "I64";
  else static_assert(!sizeof(T), "weft: safetensors hold float, double, 32- or 64-bit integers");
}

}  // namespace detail

// A safetensors file in memory, checked in full when it is opened: eight bytes with the length of a
// JSON header, the header, and the elements, in which the tensors lie one behind the other without
// gaps (github.com/huggingface/safetensors, "Format").
class SafetensorsFile {
 public:
  struct Entry {
    std::string name;
    std::string type;  // "F32", "F64", "I64", "BF16", ...
    std::vector<std::size_t> extents;
    std::size_t begin, end;  // bytes of the elements
  };

  // Throws Error with the path and what is wrong.
  explicit SafetensorsFile(const std::string& path) : SafetensorsFile(path, read_file(path)) {}

  // The same of a file that was read before.
  SafetensorsFile(std::string path, std::string bytes)
      : path_(std::move(path)), contents_(std::move(bytes)) {
    std::uint64_t length = 0;
    if (contents_.size() < sizeof length) fail_here("the file is too short for a header");
    std::memcpy(&length, contents_.data(), sizeof length);
    if (length > contents_.size() - sizeof length)
      fail_here("the header is not whole", std::to_string(length) + " bytes, found " +
                                               std::to_string(contents_.size() - sizeof length));
    elements_ = sizeof length + static_cast<std::size_t>(length);
    const std::string_view header = std::string_view(contents_).substr(sizeof length, length);
    if (!header.starts_with('{')) fail_here("the header is not a JSON object");
    const json::Value parsed = json::parse(header, path_);
    for (const auto& [name, value] : *parsed.object()) {
      if (name == "__metadata__") read_metadata(value);
      else read_entry(name, value);
    }
    check_offsets();
  }

  const std::string& path() const { return path_; }
  // All bytes of the file.
  std::string_view contents() const { return contents_; }
  const Metadata& metadata() const { return metadata_; }
  // All tensors, in the order of their elements.
  const std::vector<Entry>& entries() const { return entries_; }

  // The tensor of this name; null where there is none.
  const Entry* find(std::string_view name) const {
    for (const Entry& entry : entries_)
      if (entry.name == name) return &entry;
    return nullptr;
  }

  // The elements, row-major, as they are in the file; perhaps not aligned.
  std::span<const std::byte> data(const Entry& entry) const {
    const auto* bytes = reinterpret_cast<const std::byte*>(contents_.data());
    return {bytes + elements_ + entry.begin, entry.end - entry.begin};
  }

  // One tensor; a dynamic leading extent takes that of the file.
  //   auto weight = file.load<Tensor<float, 128, 64>>("hidden.weight");
  // Throws Error where there is none of this name, or it has other elements or another shape.
  template <class Array>
  Array load(std::string_view name) const {
    using T = typename Array::value_type;
    using S = typename Array::shape_type;
    const Entry* entry = find(name);
    if (!entry) fail_here("there is no tensor \"" + std::string(name) + "\"");
    const std::string wanted(detail::safetensors_type<T>());
    if (entry->type != wanted || !detail::fits_shape<S>(entry->extents))
      fail_here("tensor \"" + entry->name + "\" is of another kind",
                "expected " + wanted + " " + to_string(S{}) + ", found " + entry->type + " " +
                    detail::extents_text(entry->extents));
    Array array(uninitialized, S::rank > 0 ? entry->extents[0] : 1);
    copy_to(array.data(), *entry);
    return array;
  }

  // Copies the elements of an entry to target.
  void copy_to(void* target, const Entry& entry) const {
    const auto source = data(entry);
    if (!source.empty()) std::memcpy(target, source.data(), source.size());
  }

 private:
  [[noreturn]] void fail_here(const std::string& rule, const std::string& values = {}) const {
    fail("safetensors", rule, path_ + (values.empty() ? "" : ", ") + values);
  }

  void read_metadata(const json::Value& value) {
    if (!value.object()) fail_here("the metadata is not an object");
    for (const auto& [name, text] : *value.object()) {
      if (!text.string()) fail_here("metadata \"" + name + "\" is not text");
      metadata_.add(name, *text.string());
    }
  }

  void read_entry(const std::string& name, const json::Value& value) {
    const json::Value* type = value.find("dtype");
    const json::Value* shape = value.find("shape");
    const json::Value* offsets = value.find("data_offsets");
    if (!type || !type->string() || !shape || !shape->array() || !offsets || !offsets->array() ||
        offsets->array()->size() != 2 || value.object()->size() != 3)
      fail_here("tensor \"" + name + "\" needs dtype, shape and two data_offsets, and no more");

    std::size_t element_bytes = 0;
    for (const auto& known : detail::safetensors_types)
      if (known.name == *type->string()) element_bytes = known.bytes;
    if (element_bytes == 0)
      fail_here("tensor \"" + name + "\" is of an unknown dtype", *type->string());

    Entry entry{name, *type->string(), {}, read_size(name, offsets->array()->front()),
                read_size(name, offsets->array()->back())};
    for (const json::Value& value_of_extent : *shape->array()) {
      const std::size_t extent = read_size(name, value_of_extent);
      entry.extents.push_back(extent);
    }
    const auto bytes = detail::byte_count(entry.extents, element_bytes);
    if (!bytes || entry.begin > entry.end || entry.end - entry.begin != *bytes)
      fail_here("tensor \"" + name + "\" has offsets that do not fit its shape",
                entry.type + " " + detail::extents_text(entry.extents) + ", bytes " +
                    std::to_string(entry.begin) + " to " + std::to_string(entry.end));
    entries_.push_back(std::move(entry));
  }

  std::size_t read_size(const std::string& name, const json::Value& value) const {
    if (!value.integer() || *value.integer() < 0)
      fail_here("tensor \"" + name + "\" has a size that is not a number from 0 on");
    return static_cast<std::size_t>(*value.integer());
  }

  // Sorts the entries. No overlap, no gap, nothing beyond the end and nothing left over.
  void check_offsets() {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::size_t position = 0;
    for (const Entry& entry : entries_) {
      if (entry.begin != position)
        fail_here("tensor \"" + entry.name + "\" does not start where the one before it ends",
                  "expected byte " + std::to_string(position) + ", found " +
                      std::to_string(entry.begin));
      position = entry.end;
    }
    if (position != contents_.size() - elements_)
      fail_here("the elements are not whole",
                "expected " + std::to_string(position) + " bytes, found " +
                    std::to_string(contents_.size() - elements_));
  }

  std::string path_;
  std::string contents_;
  std::size_t elements_ = 0;  // where they begin
  Metadata metadata_;
  std::vector<Entry> entries_;
};

}  // namespace weft
