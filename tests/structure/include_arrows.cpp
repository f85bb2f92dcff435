#include <catch2/catch_test_macros.hpp>

#include "source_tree.hpp"

#include <map>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using Folders = std::set<std::string>;

// The folders that each folder of include/weft may include directly. It may also include what those
// may include, and itself.
const std::map<std::string, Folders> arrows{
    {"core", {}},
    {"simd", {"core"}},
    {"kernels", {"simd"}},
    {"autograd", {"core"}},
    {"ops", {"kernels", "autograd"}},
    {"probe", {"ops"}},
    {"nn", {"probe"}},
    {"interpret", {"nn"}},
    {"optim", {"kernels"}},
    {"io", {"core"}},
    {"train", {"nn", "optim", "io"}},
    {"interop", {"core"}},
    {"distributed", {"core", "train"}},
};

Folders reachable_from(const std::string& folder) {
  Folders result{folder};
  for (const std::string& next : arrows.at(folder)) result.merge(reachable_from(next));
  return result;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Headers of one library, and the folders that may include them.
struct Outside {
  std::string name;
  Folders folders;
};
const std::vector<Outside> outside{
    {"<xsimd/", {"simd"}}, {"<xtensor", {"interop"}}, {"<mpi", {"distributed"}}};

// What is wrong with one include line of a header of this folder; empty if nothing is.
std::string wrong_with(const std::string& folder, const std::string& included) {
  if (starts_with(included, "\"")) return "not written <weft/...>";
  if (ends_with(included, "intrin.h>") && folder != "simd") return "intrinsics belong to simd/";
  for (const Outside& library : outside)
    if (starts_with(included, library.name) && !library.folders.contains(folder))
      return "only " + *library.folders.begin() + "/ may include it";
  const std::string weft = "<weft/";
  if (!starts_with(included, weft)) return {};
  const std::string path = included.substr(weft.size());
  const std::string target = path.substr(0, path.find('/'));
  if (!arrows.contains(target)) return "no such folder";
  if (!reachable_from(folder).contains(target)) return "no arrow from " + target + " to " + folder;
  return {};
}

// Every offence in the headers below a folder laid out like include/weft.
std::vector<std::string> violations(const fs::path& folder) {
  std::vector<std::string> found;
  for (const std::string& file : source_tree::files_below(folder, ".hpp")) {
    if (file.find('/') == std::string::npos) continue;  // weft.hpp, which includes everything
    const std::string module = file.substr(0, file.find('/'));
    if (!arrows.contains(module)) {
      found.push_back(file + ": include/weft has no folder " + module);
      continue;
    }
    for (const std::string& line : source_tree::lines_of(folder / file)) {
      const std::string included = source_tree::included_by(line);
      const std::string wrong = included.empty() ? "" : wrong_with(module, included);
      if (!wrong.empty()) found.push_back(file + " includes " + included + ": " + wrong);
      for (const std::string word : {"#pragma omp", "<omp.h>", "_OPENMP"})
        if (line.find(word) != std::string::npos && file != "core/parallel.hpp")
          found.push_back(file + " names OpenMP: " + line);
    }
  }
  return found;
}

std::string joined(const std::vector<std::string>& lines) {
  std::ostringstream text;
  for (const std::string& line : lines) text << line << '\n';
  return text.str();
}

}  // namespace

TEST_CASE("every include follows an arrow of the architecture") {
  const auto found = violations(source_tree::root / "include/weft");
  INFO(joined(found));
  CHECK(found.empty());
}

TEST_CASE("an include against the arrows is found") {
  const fs::path folder = fs::temp_directory_path() / "weft_include_arrows";
  fs::remove_all(folder);
  const auto violation = [&](const std::string& file, const std::string& line) {
    fs::remove_all(folder);
    fs::create_directories((folder / file).parent_path());
    std::ofstream(folder / file) << "#pragma once\n\n" << line << '\n';
    return !violations(folder).empty();
  };
  CHECK(violation("kernels/gemm.hpp", "#include <weft/ops/matmul.hpp>"));
  CHECK(violation("core/tensor.hpp", "#  include <weft/simd/batch.hpp>"));
  CHECK(violation("optim/sgd.hpp", "#include <weft/nn/linear.hpp>"));
  CHECK(violation("kernels/gemm.hpp", "#include <xsimd/xsimd.hpp>"));
  CHECK(violation("kernels/gemm.hpp", "#include <immintrin.h>"));
  CHECK(violation("ops/matmul.hpp", "#include \"operation.hpp\""));
  CHECK(violation("nn/linear.hpp", "#include <xtensor/xtensor.hpp>"));
  CHECK(violation("train/lanes.hpp", "#pragma omp parallel for"));
  CHECK(violation("miscellaneous/x.hpp", ""));
  CHECK_FALSE(violation("core/parallel.hpp", "#include <omp.h>"));
  CHECK_FALSE(violation("simd/batch.hpp", "#include <xsimd/xsimd.hpp>"));
  CHECK_FALSE(violation("train/lanes.hpp", "#include <weft/core/tensor.hpp>"));
  CHECK_FALSE(violation("ops/matmul.hpp", "#include <weft/simd/batch.hpp>"));
  fs::remove_all(folder);
}
