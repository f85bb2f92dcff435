#pragma once

#include <weft/io/crc64.hpp>
#include <weft/io/safetensors.hpp>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

// Checkpoints: safetensors files in which the last tensor, "checksum", is the CRC-64/XZ of all
// bytes before it. Whatever reads safetensors reads them.

namespace weft::inline WEFT_TARGET {

inline constexpr std::string_view checksum_name = "checksum";

// Writes tensors and metadata with their checksum, complete or not at all. Throws Error as
// save_safetensors() does; "checksum" is a name that is taken.
inline void save_checkpoint(const std::string& path, std::vector<NamedArray> arrays,
                            const Metadata& metadata = {}) {
  std::int64_t checksum = 0;
  arrays.push_back({std::string(checksum_name), AnyView<std::int64_t>(&checksum, {})});
  const std::string header = detail::safetensors_header(path, arrays, metadata);
  arrays.pop_back();

  FileWriter file(path);
  Crc64 crc;
  const auto write = [&](const void* data, std::size_t bytes) {
    crc.add(data, bytes);
    file.write(data, bytes);
  };
  write(header.data(), header.size());
  for (const NamedArray& array : arrays) write(array.data(), array.bytes);
  const std::uint64_t sum = crc.value();
  file.write(&sum, sizeof sum);
  file.commit();
}

// The checkpoint that these are the bytes of, checked in full. Throws Error, with the path and what
// is wrong, where it was cut short, damaged by a single bit, or has no checksum.
inline SafetensorsFile checked_checkpoint(const std::string& path, std::string bytes) {
  SafetensorsFile file(path, std::move(bytes));
  const SafetensorsFile::Entry* entry = file.find(checksum_name);
  std::uint64_t expected = 0;
  const std::string_view contents = file.contents();
  if (!entry || entry->type != "I64" || !entry->extents.empty() ||
      file.data(*entry).data() + sizeof expected !=
          reinterpret_cast<const std::byte*>(contents.data()) + contents.size())
    fail("checkpoint", "the file does not end with a checksum", path);
  const std::size_t before = contents.size() - sizeof expected;
  std::memcpy(&expected, contents.data() + before, sizeof expected);
  Crc64 crc;
  crc.add(contents.data(), before);
  if (crc.value() != expected)
    fail("checkpoint", "the checksum is not that of the contents; the file is damaged", path);
  return file;
}

// Reads a checkpoint and checks it in full. Throws Error as read_file() and the function above do.
inline SafetensorsFile open_checkpoint(const std::string& path) {
  return checked_checkpoint(path, read_file(path));
}

}  // namespace weft
