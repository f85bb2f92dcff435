#pragma once

#include <weft/core/tensor.hpp>
#include <weft/io/extents.hpp>
#include <weft/io/file.hpp>
#include <weft/io/npy_header.hpp>

#include <cstring>
#include <span>
#include <string>
#include <vector>

// NumPy's file of one array, .npy.

namespace weft::inline WEFT_TARGET {

// Writes an array of float, double, 32- or 64-bit integers or bytes, as numpy.save would: version
// 1.0, row-major, little-endian. The file is complete or absent. Throws Error, also where there are
// not as many elements as the extents say.
template <class T>
void save_npy(const std::string& path, std::span<const T> elements,
              const std::vector<std::size_t>& extents) {
  const auto bytes = detail::byte_count(extents, sizeof(T));
  if (!bytes || *bytes != elements.size_bytes())
    fail("save_npy", "there must be as many elements as the extents say",
         path + ", " + std::to_string(elements.size()) + " elements, extents " +
             detail::extents_text(extents));
  FileWriter file(path);
  file.write(detail::npy_header(detail::npy_type<T>(), extents));
  file.write(elements.data(), elements.size_bytes());
  file.commit();
}

// The same for a tensor or a view.
template <class T, std::size_t... Extents>
void save_npy(const std::string& path, const View<T, Extents...>& view) {
  if (!view.is_contiguous()) {
    const Tensor copy(view);
    return save_npy(path, copy.view());
  }
  save_npy(path, std::span<const T>(view.data(), view.size()),
           detail::file_extents(Shape<Extents...>{}, view.leading()));
}
template <class T, std::size_t... Extents>
void save_npy(const std::string& path, const Tensor<T, Extents...>& tensor) {
  save_npy(path, tensor.view());
}

template <class T>
void save_npy(const std::string& path, const AnyView<T>& view) {
  using Element = std::remove_const_t<T>;
  save_npy(path, std::span<const Element>(view.data(), view.size()), view.extents());
}

// Reads an array as the given type of tensor, whose leading extent may be dynamic:
//
//   auto latents = load_npy<Tensor<float, dynamic, 64>>("latents.npy");
//
// Throws Error, with the path, what was expected and what was found, unless the file is whole, its
// elements are exactly of this type, its order is row-major and its shape fits.
template <class Array>
Array load_npy(const std::string& path) {
  using T = typename Array::value_type;
  using S = typename Array::shape_type;
  const std::string contents = read_file(path);
  const detail::NpyHeader header = detail::parse_npy_header(contents, path);
  const auto check = [&](bool holds, const char* rule, const std::string& expected,
                         const std::string& found) {
    if (!holds) fail("load_npy", rule, path + ", expected " + expected + ", found " + found);
  };
  check(header.type == detail::npy_type<T>(), "elements of another type",
        std::string(detail::npy_type<T>()), header.type);
  check(!header.column_major, "elements in another order", "row-major", "column-major");
  check(detail::fits_shape<S>(header.extents), "an array of another shape", to_string(S{}),
        detail::extents_text(header.extents));
  const auto bytes = detail::byte_count(header.extents, sizeof(T));
  check(bytes && *bytes == contents.size() - header.bytes, "an array that is not whole",
        (bytes ? std::to_string(*bytes) : "too many") + " bytes of elements",
        std::to_string(contents.size() - header.bytes));

  Array array(uninitialized, S::rank > 0 ? header.extents[0] : 1);
  if (*bytes > 0) std::memcpy(array.data(), contents.data() + header.bytes, *bytes);
  return array;
}

}  // namespace weft
