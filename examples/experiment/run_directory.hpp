#pragma once

#include <weft/core/error.hpp>
#include <weft/io/folder.hpp>
#include <weft/train/checkpoints.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace experiment {

// Makes the folder of a run, and keeps it for this process. Throws weft::Error, which names it,
// where it cannot be made, or another process is at work there.
weft::FolderLock take_folder(const std::filesystem::path& path);

// The folder one run writes to. It is made, and tried with a file, before anything is trained, and
// no other run can have it meanwhile.
// What an earlier run left there is replaced file by file; its summary.json goes at once, so that a
// folder with a summary holds one finished run. A run that was stopped also leaves checkpoints/.
// The old summary of several runs, in folders below, may stay until there is a new one.
class RunDirectory {
 public:
  enum class OldSummary { goes, stays };

  // Throws weft::Error where the folder cannot be had or written to.
  explicit RunDirectory(const std::filesystem::path& path, OldSummary old = OldSummary::goes)
      : RunDirectory(path, take_folder(path), old) {}

  // The same of a folder that was taken before.
  RunDirectory(std::filesystem::path path, weft::FolderLock lock,
               OldSummary old = OldSummary::goes)
      : path_(std::move(path)), lock_(std::move(lock)) {
    std::error_code problem;
    weft::write_file(file(".writable"), "");
    std::filesystem::remove(file(".writable"), problem);
    if (problem)
      weft::fail("run directory", "the folder must be one that files can be removed from",
                 file(".writable") + ": " + problem.message());
    if (old == OldSummary::goes) std::filesystem::remove(file("summary.json"), problem);
    if (problem)
      weft::fail("run directory", "an old summary must be one that can be removed",
                 file("summary.json") + ": " + problem.message());
  }

  // Of a run with this identity, which its summary holds: an object that tells it from all others.
  // Its checkpoints are in a folder of their own. Throws also as weft::Checkpoints does.
  RunDirectory(std::filesystem::path path, weft::FolderLock lock,
               const std::filesystem::path& checkpoints, const weft::CheckpointOptions& options,
               nlohmann::ordered_json identity)
      : RunDirectory(std::move(path), std::move(lock)) {
    identity_ = std::move(identity);
    checkpoints_ = std::make_unique<weft::Checkpoints>(checkpoints.string(), options);
    is_resumed_ = options.resume;
    if (is_resumed_) weft::remove_partial_files(path_.string());
  }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

  // For weft::TrainOptions::checkpoints; null: there are none.
  weft::Checkpoints* checkpoints() const { return checkpoints_.get(); }

  // Complete or absent; throws weft::Error where it cannot be written.
  void write_json(const std::string& name, const nlohmann::ordered_json& value) const {
    weft::write_file(file(name), value.dump(2) + "\n");
  }

  // Writes summary.json, which says that the run has ended.
  void write_summary(nlohmann::ordered_json value) const {
    if (!identity_.is_null()) value["run"] = identity_;
    write_json("summary.json", value);
  }

  // Writes config.json, before the run writes anything else. Throws weft::Error where the run is
  // resumed and was begun with another one; its member "environment" may differ.
  void write_configuration(const nlohmann::ordered_json& value) const;

 private:
  std::filesystem::path path_;
  weft::FolderLock lock_;
  nlohmann::ordered_json identity_;
  std::unique_ptr<weft::Checkpoints> checkpoints_;
  bool is_resumed_ = false;
};

// Throws weft::Error, which names the source, where a text is no JSON.
nlohmann::ordered_json parse_json(const std::string& text, const std::string& source);

// The first of the values in which two configurations differ, "/model/width is 32 there and 64
// here"; empty where they are the same.
std::string difference(const nlohmann::ordered_json& there, const nlohmann::ordered_json& here);

// Removes the checkpoints of a run that is finished.
void remove_checkpoints(const std::filesystem::path& folder);

// The summary of the finished run in a folder; nothing where there is none. Throws weft::Error
// where it is no JSON.
std::optional<nlohmann::ordered_json> summary_in(const std::filesystem::path& folder);

// Throws weft::Error where the folder has the summary of something else: one without these members,
// or with others that say what it is of ("sweep", "point", "run").
void check_summary(const std::filesystem::path& folder, const nlohmann::ordered_json& identity);

}  // namespace experiment
