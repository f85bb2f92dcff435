#pragma once

#include <weft/core/error.hpp>
#include <weft/io/file.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace experiment {

// The folder one run writes to. It is made, and tried with a file, before anything is trained.
// What an earlier run left there is replaced file by file; its summary.json goes at once, so that a
// folder with a summary holds one finished run.
class RunDirectory {
 public:
  // Throws weft::Error where the folder cannot be made or written to.
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code problem;
    std::filesystem::create_directories(path_, problem);
    if (problem)
      weft::fail("run directory", "the output folder must be one that can be made",
                 path_.string() + ": " + problem.message());
    weft::write_file(file(".writable"), "");
    std::filesystem::remove(file(".writable"), problem);
    std::filesystem::remove(file("summary.json"), problem);
    if (problem)
      weft::fail("run directory", "an old summary must be one that can be removed",
                 file("summary.json") + ": " + problem.message());
  }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

  // Complete or absent; throws weft::Error where it cannot be written.
  void write_json(const std::string& name, const nlohmann::ordered_json& value) const {
    weft::write_file(file(name), value.dump(2) + "\n");
  }

 private:
  std::filesystem::path path_;
};

}  // namespace experiment
