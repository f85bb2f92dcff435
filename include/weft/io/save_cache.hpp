#pragma once

#include <weft/io/npy.hpp>
#include <weft/io/safetensors.hpp>

namespace weft::inline WEFT_TARGET {

// Of probe/cache.hpp, and seen here only through its entries.
template <class T>
class Cache;

// Writes what a cache kept to one safetensors file, each value under its name
// ("blocks.0.attn.pattern"). The file is complete or absent. Throws Error.
template <class T>
void save_safetensors(const std::string& path, const Cache<T>& cache,
                      const Metadata& metadata = {}) {
  std::vector<NamedArray> arrays;
  for (const auto& entry : cache.entries()) arrays.push_back({entry.name, cache.view(entry.name)});
  save_safetensors(path, arrays, metadata);
}

// The same as NumPy files in a folder that exists: blocks.0.attn.pattern.npy, and so on.
template <class T>
void save_npy(const std::string& folder, const Cache<T>& cache) {
  for (const auto& entry : cache.entries())
    save_npy(folder + '/' + entry.name + ".npy", cache.view(entry.name));
}

}  // namespace weft
