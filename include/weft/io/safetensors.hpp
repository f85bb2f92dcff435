#pragma once

#include <weft/core/visit.hpp>
#include <weft/io/safetensors_file.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft::inline WEFT_TARGET {

// One tensor to be written: its name and where its elements are. The tensor must outlive it.
struct NamedArray {
  template <class T, std::size_t... Extents>
  NamedArray(std::string array_name, const Tensor<T, Extents...>& tensor)
      : NamedArray(std::move(array_name), tensor.view()) {}
  template <class T, std::size_t... Extents>
  NamedArray(std::string array_name, const Tensor<T, Extents...>&& tensor) = delete;

  // Elements with gaps are copied.
  template <class T, std::size_t... Extents>
  NamedArray(std::string array_name, const View<T, Extents...>& view)
      : name(std::move(array_name)),
        type(detail::safetensors_type<std::remove_const_t<T>>()),
        extents(detail::file_extents(Shape<Extents...>{}, view.leading())),
        bytes(view.size() * sizeof(T)),
        elements_(view.data()) {
    if (view.is_contiguous()) return;
    const Tensor<std::remove_const_t<T>, Extents...> tensor(view);
    copy_.assign(reinterpret_cast<const char*>(tensor.data()), bytes);
  }

  template <class T>
  NamedArray(std::string array_name, const AnyView<T>& view)
      : name(std::move(array_name)),
        type(detail::safetensors_type<std::remove_const_t<T>>()),
        extents(view.extents()),
        bytes(view.size() * sizeof(T)),
        elements_(view.data()) {}

  // A parameter without its type.
  NamedArray(std::string array_name, const AnyParameter& parameter)
      : name(std::move(array_name)), elements_(parameter.data) {
    const std::size_t size = parameter.shape.size();
    const auto take = [&]<class T>(std::type_identity<T>) {
      if (parameter.type != &type_tag<T>) return;
      type = detail::safetensors_type<T>();
      bytes = size * sizeof(T);
    };
    take(std::type_identity<float>{});
    take(std::type_identity<double>{});
    take(std::type_identity<std::int32_t>{});
    take(std::type_identity<std::int64_t>{});
    if (type.empty()) fail("safetensors", "an element type that files do not hold", name);
    for (std::size_t axis = 0; axis < parameter.shape.rank(); ++axis) {
      const std::size_t extent = parameter.shape[axis];
      extents.push_back(extent);
    }
  }

  // The bytes of a text.
  NamedArray(std::string array_name, std::string_view text)
      : name(std::move(array_name)),
        type("U8"),
        extents{text.size()},
        bytes(text.size()),
        elements_(text.data()) {}

  const void* data() const { return copy_.empty() ? elements_ : copy_.data(); }

  std::string name;
  std::string_view type;
  std::vector<std::size_t> extents;
  std::size_t bytes = 0;

 private:
  const void* elements_;
  std::string copy_;  // bytes
};

namespace detail {

inline void check_names(const std::string& path, const std::vector<NamedArray>& arrays) {
  std::vector<std::string_view> names;
  names.push_back("__metadata__");
  for (const NamedArray& array : arrays) names.push_back(array.name);
  if (const std::string_view* twice = json::detail::find_twice(names))
    fail("save_safetensors", "a name is taken", path + ", \"" + std::string(*twice) + "\"");
}

// All of a file that is before the elements. Throws Error where a name comes twice.
inline std::string safetensors_header(const std::string& path,
                                      const std::vector<NamedArray>& arrays,
                                      const Metadata& metadata) {
  json::Object header;
  if (!metadata.empty()) {
    json::Object members;
    for (const auto& [name, text] : metadata) members.push_back({name, text});
    header.push_back({"__metadata__", members});
  }
  check_names(path, arrays);
  std::size_t end = 0;
  for (const NamedArray& array : arrays) {
    json::Array shape;
    for (std::size_t extent : array.extents) shape.push_back(static_cast<std::int64_t>(extent));
    const std::size_t begin = std::exchange(end, end + array.bytes);
    header.push_back({array.name, json::Object{
        {"dtype", array.type},
        {"shape", std::move(shape)},
        {"data_offsets", json::Array{static_cast<std::int64_t>(begin),
                                     static_cast<std::int64_t>(end)}}}});
  }
  // Spaces behind the header align the elements to eight bytes.
  std::string text = json::write(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

}  // namespace detail

// Writes tensors, in this order, and metadata to a safetensors file, complete or not at all.
// Throws Error where a name comes twice or is "__metadata__", or the file cannot be written.
inline void save_safetensors(const std::string& path, const std::vector<NamedArray>& arrays,
                             const Metadata& metadata = {}) {
  const std::string header = detail::safetensors_header(path, arrays, metadata);
  FileWriter file(path);
  file.write(header);
  for (const NamedArray& array : arrays) file.write(array.data(), array.bytes);
  file.commit();
}

// Tensors whose names begin so are no parameters, but an input and what the model makes of it, so
// that who loads a model can see whether it does what it did.
inline constexpr std::string_view example_prefix = "example.";

// Writes the parameters of a model, each under its path ("blocks.0.attn.query.weight"), and behind
// them, perhaps, an example.
template <class Model>
void save_safetensors(const std::string& path, const Model& model, const Metadata& metadata = {},
                      const std::vector<NamedArray>& example = {}) {
  std::vector<NamedArray> arrays;
  for_each_parameter(model, [&](const std::string& name, const auto& parameter) {
    arrays.push_back({name, parameter.value});
  });
  for (const NamedArray& array : example) arrays.push_back(array);
  save_safetensors(path, arrays, metadata);
}

namespace detail {

// What keeps a file from being loaded into a model: everything, not just the first.
struct Mismatches {
  struct List {
    void add(const std::string& what) {
      if (++count <= shown) text += (count > 1 ? ", " : "") + what;
      if (count == shown + 1) text += ", ...";
    }
    std::string named(const char* kind) const {
      return count ? "; " + std::to_string(count) + ' ' + kind + ": " + text : std::string();
    }

    static constexpr std::size_t shown = 20;
    std::size_t count = 0;
    std::string text;
  };

  void fail_if_any(const std::string& path, std::string_view operation) const {
    if (different.count + missing.count + unexpected.count == 0) return;
    fail(operation, "the file does not fit the model",
         path + different.named("different") + missing.named("missing") +
             unexpected.named("unexpected"));
  }

  List different, missing, unexpected;
};

}  // namespace detail

// Reads the parameters of a model, each by its path. A parameter with a dynamic leading extent
// takes that of the file.
//
// Throws Error, with the model as it was, unless the file is whole and holds exactly the parameters
// of the model, besides an example, with the same element types and shapes. The message lists every
// name that is missing or unexpected and, with both shapes, every tensor that differs.
template <class Model>
void load_safetensors(const std::string& path, Model& model) {
  const SafetensorsFile file(path);
  detail::Mismatches mismatches;
  const std::vector<SafetensorsFile::Entry>& entries = file.entries();
  std::vector<char> is_used(entries.size());
  for_each_parameter(model, [&](const std::string& name, auto& parameter) {
    using Array = std::remove_reference_t<decltype(parameter.value)>;
    using S = typename Array::shape_type;
    const SafetensorsFile::Entry* entry = file.find(name);
    if (!entry) {
      mismatches.missing.add(name);
      return;
    }
    is_used[static_cast<std::size_t>(entry - entries.data())] = true;
    const std::string type(detail::safetensors_type<typename Array::value_type>());
    if (entry->type != type || !detail::fits_shape<S>(entry->extents))
      mismatches.different.add(name + " is " + type + " " + to_string(S{}) +
                               " in the model and " + entry->type + " " +
                               detail::extents_text(entry->extents) + " in the file");
  });
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!is_used[i] && !entries[i].name.starts_with(example_prefix))
      mismatches.unexpected.add(entries[i].name);
  mismatches.fail_if_any(path, "load_safetensors");

  for_each_parameter(model, [&](const std::string& name, auto& parameter) {
    using Array = std::remove_reference_t<decltype(parameter.value)>;
    const SafetensorsFile::Entry& entry = *file.find(name);
    if constexpr (Array::shape_type::is_dynamic)
      if (parameter.value.leading() != entry.extents[0])
        parameter.value = Array(uninitialized, entry.extents[0]);
    file.copy_to(parameter.value.data(), entry);
  });
}

}  // namespace weft
